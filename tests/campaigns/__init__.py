"""Long searches for faults: fuzzing, injected faults, sweeps of costs.  By hand for hours, in CI briefly."""
