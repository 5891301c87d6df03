"""Finds a text or bytes in a whole capture: in what connections carried, in packets, header trees and findings."""
