// main.go -- the scenario of 59-clients.t by a client in Go: client URL TRANSPORT...
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/zishang520/socket.io/clients/engine/v3"
	"github.com/zishang520/socket.io/clients/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/types"
)

var messages = [][]any{
	{1, "두 개", map[string]any{"three": []any{true, nil}}},
	{[]byte{1, 2, 3}},
	{"x", []byte{}, []byte{255, 0}},
}

func fail(why ...any) {
	fmt.Fprintln(os.Stderr, why...)
	os.Exit(1)
}

// What encoding/json makes no text of: bytes are {"bytes": BASE64}.
func plain(v any) any {
	switch x := v.(type) {
	case types.BufferInterface:
		return map[string]any{"bytes": base64.StdEncoding.EncodeToString(x.Bytes())}
	case []byte:
		return map[string]any{"bytes": base64.StdEncoding.EncodeToString(x)}
	}
	return v
}

func show(what string, args []any) {
	out := []any{}
	for _, a := range args {
		out = append(out, plain(a))
	}
	text, err := json.Marshal(out)
	if err != nil {
		fail(err)
	}
	fmt.Println(what, string(text))
}

func next(heard chan []any) []any {
	select {
	case args := <-heard:
		return args
	case <-time.After(20 * time.Second):
		fail("nothing was heard")
		return nil
	}
}

func listen(s *socket.Socket, event string) chan []any {
	heard := make(chan []any, 16)
	s.On(types.EventName(event), func(args ...any) { heard <- args })
	return heard
}

func ask(s *socket.Socket, event string, args ...any) []any {
	heard := make(chan []any, 1)
	ack := func(args []any, err error) {
		if err != nil {
			fail(err)
		}
		heard <- args
	}
	s.Emit(event, append(append([]any{}, args...), ack)...)
	return next(heard)
}

func transports(names []string) *types.Set[engine.TransportCtor] {
	known := map[string]engine.TransportCtor{"polling": socket.Polling, "websocket": socket.WebSocket}
	set := types.NewSet[engine.TransportCtor]()
	for _, name := range names {
		set.Add(known[name])
	}
	return set
}

func main() {
	options := socket.DefaultOptions()
	options.SetReconnection(false)
	options.SetAuth(map[string]any{"answer": "42"})
	options.SetTransports(transports(os.Args[2:]))
	s, err := socket.Connect(os.Args[1]+"/", options)
	if err != nil {
		fail(err)
	}
	auth, back, update := listen(s, "auth"), listen(s, "message-back"), listen(s, "analysis-update")
	s.On("connect_error", func(args ...any) { fmt.Fprintln(os.Stderr, append([]any{"connect_error"}, args...)...) })
	show("auth", next(auth))
	for _, message := range messages {
		s.Emit("message", message...)
		show("back", next(back))
		show("ack", ask(s, "message-with-ack", message...))
	}
	show("room", ask(s, "subscribe-analysis", "client"))
	show("update", next(update))
	s.Disconnect()
	fmt.Println("end")
}
