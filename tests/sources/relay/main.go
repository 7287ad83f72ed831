// A relay that leaks in one of the four ways by which relays of its kind died, or in none, with net/http/pprof and expvar
// on a port of their own, and the old endpoint and metrics on another. Its upstream is this program once more, in a process of its own, so that a profile shows the relay
// alone. It brings its own impatient clients, -rate of them a second, and ends with its standard input.
package main

import (
	"bufio"
	"encoding/json"
	"expvar"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// The ways to leak; each is a path of the relay and of its upstream.
//
//	body:   the upstream's error is neither read nor closed
//	error:  the upstream's error is read, and stalls
//	client: a reader feeds a channel, the client leaves, nobody receives
//	silent: a reader waits for an upstream that says nothing more, the client has left
var ways = []string{"body", "error", "client", "silent"}

func upstream() http.Handler {
	fail := func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"error":{"message":"`+strings.Repeat("overloaded ", 1000))
		w.(http.Flusher).Flush()
	}
	event := func(w http.ResponseWriter, times int) {
		for range times {
			_, _ = io.WriteString(w, "data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n")
		}
		w.(http.Flusher).Flush()
	}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /body", func(w http.ResponseWriter, _ *http.Request) {
		fail(w)
		_, _ = io.WriteString(w, `"}}`)
	})
	routes.HandleFunc("POST /error", func(w http.ResponseWriter, r *http.Request) {
		fail(w)
		<-r.Context().Done()
	})
	routes.HandleFunc("POST /client", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			event(w, 200)
			time.Sleep(50 * time.Millisecond)
		}
	})
	routes.HandleFunc("POST /silent", func(w http.ResponseWriter, r *http.Request) {
		event(w, 1)
		<-r.Context().Done()
	})
	routes.HandleFunc("POST /good", func(w http.ResponseWriter, r *http.Request) {
		for range 20 {
			event(w, 1)
			select {
			case <-r.Context().Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	return routes
}

type relay struct {
	upstream string
	client   *http.Client
}

func (r *relay) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	// The first mistake: the upstream's request knows nothing of the client's.
	response, err := r.client.Post(r.upstream+request.URL.Path, "application/json", request.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if response.StatusCode != http.StatusOK {
		r.fail(w, request, response)
		return
	}
	lines := make(chan string)
	go r.readStream(response.Body, lines)
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		select {
		case <-request.Context().Done():
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

func (r *relay) fail(w http.ResponseWriter, request *http.Request, response *http.Response) {
	if request.URL.Path == "/error" {
		r.explain(w, response)
		return
	}
	http.Error(w, "the upstream failed", http.StatusBadGateway) // leaks: nobody closes the body
}

func (r *relay) explain(w http.ResponseWriter, response *http.Response) {
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body) // leaks: nobody ends a body that stalls
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	http.Error(w, string(text), http.StatusBadGateway)
}

func (r *relay) readStream(body io.ReadCloser, lines chan<- string) {
	defer close(lines)
	defer body.Close()
	scanner := bufio.NewScanner(body)
	for scanner.Scan() { // leaks when the upstream is silent
		lines <- scanner.Text() // leaks when the client has left
	}
}

// The statistics of new-api, in its form: bytes, and only for whom the token is.
func stats(token string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if r.Header.Get("Authorization") != "Bearer "+token || r.Header.Get("New-Api-User") != "1" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"success":false,"message":"not logged in and no access token provided"}`)
			return
		}
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		_ = json.NewEncoder(w).Encode(map[string]any{"success": true, "data": map[string]any{
			"cache_stats": map[string]any{"active_disk_files": 0},
			"memory_stats": map[string]any{
				"alloc": now.Alloc, "total_alloc": now.TotalAlloc, "sys": now.Sys, "num_gc": now.NumGC,
				"num_goroutine": runtime.NumGoroutine(),
			},
			"config": map[string]any{"disk_cache_enabled": false},
		}})
	}
}

// good makes none of these mistakes: one loop, bound to the client's request, that closes what it opened.
func (r *relay) good(w http.ResponseWriter, request *http.Request) {
	upstream, err := http.NewRequestWithContext(request.Context(), http.MethodPost, r.upstream+"/good", request.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	response, err := r.client.Do(upstream)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	scanner := bufio.NewScanner(response.Body)
	for scanner.Scan() {
		if _, err := io.WriteString(w, scanner.Text()+"\n"); err != nil {
			return
		}
		w.(http.Flusher).Flush()
	}
}

// impatient asks and leaves soon after.
func impatient(address, way string) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(300 * time.Millisecond))
	_, _ = fmt.Fprintf(connection, "POST /%s HTTP/1.1\r\nHost: relay\r\nContent-Length: 2\r\n\r\n{}", way)
	_, _ = io.ReadFull(connection, make([]byte, 150))
}

func listen(address string, handler http.Handler) string {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.Serve(listener, handler)) }()
	return listener.Addr().String()
}

// alive is the upstream's standard input: collected as garbage, it would be closed.
var alive io.WriteCloser

// another starts this program as the upstream; it ends when this one does, because its standard input then does.
func another() string {
	command := exec.Command(os.Args[0], "-role", "upstream")
	var err error
	if alive, err = command.StdinPipe(); err != nil {
		log.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		log.Fatal(err)
	}
	if err := command.Start(); err != nil {
		log.Fatal(err)
	}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		log.Fatal(err)
	}
	return strings.TrimSpace(address)
}

func main() {
	role := flag.String("role", "relay", "relay or upstream")
	way := flag.String("leak", "none", "how to leak: none, "+strings.Join(ways, ", "))
	rate := flag.Int("rate", 20, "clients a second that leave early")
	good := flag.String("good", "", "clients a second that stay, and the time in which they become so many: 5-50/1m")
	token := flag.String("token", "root-token", "what /api/performance/stats wants")
	flag.Parse()
	if *role == "upstream" {
		fmt.Println("http://" + listen("127.0.0.1:0", upstream()))
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}

	routes := http.NewServeMux()
	from := &relay{another(), &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}}
	for _, way := range ways {
		routes.Handle("POST /"+way, from)
	}
	routes.HandleFunc("GET /api/performance/stats", stats(*token))
	routes.HandleFunc("POST /good", from.good)
	debug := http.NewServeMux()
	debug.HandleFunc("GET /debug/pprof/", pprof.Index)
	debug.Handle("GET /debug/vars", expvar.Handler())
	here := listen("127.0.0.1:0", counted(routes))
	log.Printf("monitoring on http://%s", listen("127.0.0.1:0", monitor()))
	log.Printf("debugging on http://%s", listen("127.0.0.1:0", debug))
	log.Printf("listening on http://%s", here)

	if *good != "" {
		rates, in, _ := strings.Cut(*good, "/")
		var from, to float64
		if _, err := fmt.Sscanf(rates, "%g-%g", &from, &to); err != nil {
			log.Fatalf("-good %s: %v", *good, err)
		}
		ramp, err := time.ParseDuration(in)
		if err != nil {
			log.Fatalf("-good %s: %v", *good, err)
		}
		go busier(here, from, to, ramp)
	}
	if *way != "none" {
		go func() {
			for range time.Tick(time.Second / time.Duration(*rate)) {
				go impatient(here, *way)
			}
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}
