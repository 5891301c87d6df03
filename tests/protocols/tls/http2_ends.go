// The two ends of HTTP/2 that Go's standard library has, for record_http2.py:
//
//	ends serve CERTIFICATE KEY KEYLOG    serves on 127.0.0.1:9443 until it is asked to leave
//	ends ask|files|leave URL TLS KEYLOG  asks the server at URL, with TLS up to that version
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"
)

func serve(certificate, key string, keys io.Writer) {
	leaving := make(chan bool)
	routes := http.NewServeMux()
	routes.HandleFunc("/text/", func(answer http.ResponseWriter, request *http.Request) {
		fmt.Fprintf(answer, "text of %s\n", request.URL.Path)
	})
	routes.HandleFunc("/big", func(answer http.ResponseWriter, request *http.Request) {
		for at := 0; at < 40; at++ {
			answer.Write(bytes.Repeat([]byte{byte(at)}, 2000))
		}
	})
	routes.HandleFunc("/drip", func(answer http.ResponseWriter, request *http.Request) {
		for at := 0; at < 20; at++ {
			fmt.Fprintf(answer, "drop %d\n", at)
			answer.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	routes.HandleFunc("/zip", func(answer http.ResponseWriter, request *http.Request) {
		answer.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(answer)
		fmt.Fprint(packed, "packed words, ", "packed words\n")
		packed.Close()
	})
	routes.HandleFunc("/trailers", func(answer http.ResponseWriter, request *http.Request) {
		answer.Header().Set("Trailer", "X-Sum")
		fmt.Fprint(answer, "a body with a sum\n")
		answer.Header().Set("X-Sum", "18")
	})
	routes.HandleFunc("/pushing", func(answer http.ResponseWriter, request *http.Request) {
		if pusher, can := answer.(http.Pusher); can {
			pusher.Push("/text/pushed", nil)
		}
		fmt.Fprint(answer, "look at what was pushed\n")
	})
	routes.HandleFunc("/up", func(answer http.ResponseWriter, request *http.Request) {
		size, _ := io.Copy(io.Discard, request.Body)
		fmt.Fprintf(answer, "%d bytes\n", size)
	})
	routes.HandleFunc("/refuse", func(answer http.ResponseWriter, request *http.Request) {
		panic(http.ErrAbortHandler)
	})
	routes.HandleFunc("/leave", func(answer http.ResponseWriter, request *http.Request) {
		fmt.Fprint(answer, "good-bye\n")
		close(leaving)
	})
	configuration := &tls.Config{KeyLogWriter: keys}
	server := http.Server{Addr: "127.0.0.1:9443", Handler: routes, TLSConfig: configuration}
	go server.ListenAndServeTLS(certificate, key)
	<-leaving
	server.Shutdown(context.Background())
	time.Sleep(200 * time.Millisecond)
}

// get reads all of one answer.
func get(client *http.Client, url string) {
	answer, err := client.Get(url)
	if err != nil {
		return
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
}

func main() {
	words := os.Args[1:]
	keys, err := os.OpenFile(words[3], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		log.Fatal(err)
	}
	if words[0] == "serve" {
		serve(words[1], words[2], keys)
		return
	}
	configuration := &tls.Config{InsecureSkipVerify: true, KeyLogWriter: keys, MaxVersion: tls.VersionTLS13}
	if words[2] == "1.2" {
		configuration.MaxVersion = tls.VersionTLS12
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: configuration, ForceAttemptHTTP2: true}}
	url := words[1]
	switch words[0] {
	case "leave":
		get(client, url+"/leave")
		time.Sleep(300 * time.Millisecond)
		return
	case "files":
		for _, path := range []string{"/index.html", "/style.css", "/picture.bin", "/missing"} {
			get(client, url+path)
		}
		return
	}
	get(client, url+"/text/first")
	var together sync.WaitGroup
	for number := 0; number < 8; number++ {
		together.Add(1)
		go func(number int) {
			defer together.Done()
			get(client, fmt.Sprintf("%s/text/%d?of=8", url, number))
		}(number)
	}
	for _, path := range []string{"/big", "/zip", "/trailers", "/pushing", "/refuse", "/missing"} {
		together.Add(1)
		go func(path string) {
			defer together.Done()
			get(client, url+path)
		}(path)
	}
	together.Wait()
	// A client that has seen enough.
	some, cancel := context.WithTimeout(context.Background(), 90*time.Millisecond)
	request, _ := http.NewRequestWithContext(some, "GET", url+"/drip", nil)
	if answer, err := client.Do(request); err == nil {
		io.Copy(io.Discard, answer.Body)
	}
	cancel()
	body := io.MultiReader(bytes.NewReader(bytes.Repeat([]byte("up "), 26000)), bytes.NewReader([]byte("end")))
	if answer, err := client.Post(url+"/up", "application/octet-stream", body); err == nil {
		io.Copy(io.Discard, answer.Body)
	}
}
