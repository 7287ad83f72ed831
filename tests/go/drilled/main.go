// A relay that goes wrong in one of the ways in which real ones did, for the drill to start and to find out:
//
//	-fault memory       reads an error's body to its end, however long that is, before it passes it on
//	-fault descriptors  opens its log file anew for every request and never closes it
//	-fault names        knows one model only, `known`
//	-fault refusing     answers 503 for ever, once its upstream has answered with 503
//	-fault reader       a goroutine reads the upstream and sends each piece to the handler, which may have returned
//
// Its profiles are at /debug/pprof.
// Else it passes on what comes, and breaks off where its upstream breaks off.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	_ "net/http/pprof"
	"os"
	"sync"
	"sync/atomic"
)

var (
	fault    = flag.String("fault", "", "how it goes wrong")
	listen   = flag.String("listen", "127.0.0.1:3000", "where it listens")
	upstream = flag.String("upstream", "http://127.0.0.1:9900", "where it asks")
	logFile  = flag.String("log", "relay.log", "its log file")

	refusing atomic.Bool
	opened   []*os.File
	opening  sync.Mutex
)

// note writes a line as the relay did that opened 452 descriptors of one file.
func note(line string) {
	file, err := os.OpenFile(*logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	_, _ = fmt.Fprintln(file, line)
	opening.Lock()
	defer opening.Unlock()
	// Without this the collector would close it some day.
	opened = append(opened, file)
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":{"message":%q,"type":"relay_error"}}`, message)
}

func relay(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		refuse(w, http.StatusBadRequest, "the request's body broke off")
		return
	}
	var asked struct {
		Model string `json:"model"`
	}
	_ = json.Unmarshal(body, &asked)
	switch {
	case *fault == "names" && asked.Model != "known":
		refuse(w, http.StatusNotFound, "no channel for the model "+asked.Model)
		return
	case refusing.Load():
		refuse(w, http.StatusServiceUnavailable, "no channel is left")
		return
	case *fault == "descriptors":
		note(r.URL.Path)
	}
	request, err := http.NewRequestWithContext(r.Context(), r.Method, *upstream+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	request.Header = r.Header.Clone()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		refuse(w, http.StatusBadGateway, err.Error())
		return
	}
	defer response.Body.Close()
	if *fault == "refusing" && response.StatusCode == http.StatusServiceUnavailable {
		refusing.Store(true)
	}
	if *fault == "memory" && response.StatusCode >= 400 {
		text, err := io.ReadAll(response.Body)
		if err != nil {
			refuse(w, http.StatusBadGateway, "the upstream's error broke off")
			return
		}
		refuse(w, response.StatusCode, string(text))
		return
	}
	w.Header().Set("Content-Type", response.Header.Get("Content-Type"))
	w.WriteHeader(response.StatusCode)
	if *fault == "reader" {
		passPieces(w, r, response.Body)
		return
	}
	passOn(w, response.Body)
}

// passPieces passes on what a goroutine reads. When the client leaves it returns, and nobody receives any more.
func passPieces(w http.ResponseWriter, r *http.Request, body io.Reader) {
	pieces := make(chan []byte)
	go func() {
		defer close(pieces)
		for {
			buffer := make([]byte, 16<<10)
			n, err := body.Read(buffer)
			pieces <- buffer[:n]
			if err != nil {
				return
			}
		}
	}()
	for {
		select {
		case piece, more := <-pieces:
			if !more {
				return
			}
			_, _ = w.Write(piece)
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// passOn passes on what comes as it comes; a part must not look whole.
func passOn(w http.ResponseWriter, body io.Reader) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

func main() {
	flag.Parse()
	log.SetFlags(0)
	log.Printf("a relay that goes wrong: %s", *fault)
	http.HandleFunc("/", relay)
	log.Fatal(http.ListenAndServe(*listen, nil))
}
