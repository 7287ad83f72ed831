// A relay of the kind that died: it streams from an upstream to a client, has the old monitoring endpoint, and leaks
// as the real one did. A reader goroutine feeds a channel; the client disconnects in the middle of the stream; nobody
// receives any more, and the reader waits on its send for ever. With -healthy it also waits for the client's end.
//
// It brings its own upstream and its own impatient clients, -rate of them a second, and ends with its standard input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"time"
)

const chat = "/v1/chat/completions"

// The old endpoint: compact, integers, whole MiB, and a status that never changes.
func health(w http.ResponseWriter, _ *http.Request) {
	type memory struct {
		Alloc      uint64 `json:"alloc_mb"`
		TotalAlloc uint64 `json:"total_alloc_mb"`
		Sys        uint64 `json:"sys_mb"`
		NumGC      uint32 `json:"num_gc"`
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	answer, err := json.Marshal(struct {
		Status     string `json:"status"`
		Goroutines int    `json:"goroutines"`
		Memory     memory `json:"memory"`
	}{"ok", runtime.NumGoroutine(), memory{stats.Alloc >> 20, stats.TotalAlloc >> 20, stats.Sys >> 20, stats.NumGC}})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(answer)
}

// upstream streams events in bursts for as long as somebody reads them: a reader always has one at hand.
func upstream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for i := 0; i < 1000; i++ {
		for range 200 {
			_, _ = fmt.Fprintf(w, "data: {\"choices\":[{\"delta\":{\"content\":\"word %d \"}}]}\n\n", i)
		}
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// relay passes a stream on, through the channel that leaks.
func relay(to string, healthy bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, to+chat, r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		lines := make(chan string)
		go read(r.Context(), response.Body, lines, healthy)
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case <-r.Context().Done():
				return
			case line, more := <-lines:
				if !more {
					return
				}
				if _, err := io.WriteString(w, line+"\n"); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
		}
	}
}

func read(ctx context.Context, body io.ReadCloser, lines chan<- string, healthy bool) {
	defer close(lines)
	defer body.Close()
	scanner := bufio.NewScanner(body)
	for scanner.Scan() {
		if !healthy {
			lines <- scanner.Text() // the leak: the receiver may have left
			continue
		}
		select {
		case lines <- scanner.Text():
		case <-ctx.Done():
			return
		}
	}
}

// impatient asks for a stream and leaves after its first bytes.
func impatient(address string) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
	body := `{"model":"m","stream":true}`
	_, _ = fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: relay\r\nContent-Length: %d\r\n\r\n%s", chat, len(body), body)
	_, _ = io.ReadFull(connection, make([]byte, 400))
}

func listen(address string, handler http.Handler) string {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.Serve(listener, handler)) }()
	return listener.Addr().String()
}

func main() {
	address := flag.String("listen", "127.0.0.1:3000", "where to listen")
	rate := flag.Int("rate", 20, "clients a second that leave in the middle of their stream; 0 for none")
	healthy := flag.Bool("healthy", false, "let the reader notice that the client has left")
	flag.Parse()

	mock := http.NewServeMux()
	mock.HandleFunc("POST "+chat, upstream)
	routes := http.NewServeMux()
	routes.HandleFunc("POST "+chat, relay("http://"+listen("127.0.0.1:0", mock), *healthy))
	routes.HandleFunc("GET /api/monitor/health", health)
	routes.HandleFunc("GET /debug/pprof/", pprof.Index)
	here := listen(*address, routes)
	log.Print("monitoring endpoints enabled at /api/monitor/health")
	log.Printf("listening on http://%s", here)

	if *rate > 0 {
		go func() {
			for range time.Tick(time.Second / time.Duration(*rate)) {
				go impatient(here)
			}
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}
