// The peer of the cached read as a Go team writes it: fasthttp, and rueidis with server-assisted client-side caching.
// main PORT REDIS-PORT [HEADERS]; it answers GET /api/analyze/result/:id from the same cache key as Dure, with the header lines
// of the file HEADERS too ("Name: value").
package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/redis/rueidis"
	"github.com/valyala/fasthttp"
)

const prefix = "/api/analyze/result/"

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	var headers [][]string
	if len(os.Args) > 3 {
		text, err := os.ReadFile(os.Args[3])
		must(err)
		for _, line := range strings.Split(string(text), "\n") {
			headers = append(headers, strings.SplitN(line, ": ", 2))
		}
	}
	redis, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{"127.0.0.1:" + os.Args[2]}})
	must(err)
	answer := func(c *fasthttp.RequestCtx) {
		id := strings.TrimPrefix(string(c.Path()), prefix)
		result, err := redis.DoCache(context.Background(), redis.B().Get().Key("analysis:result:"+id).Cache(), time.Hour).ToString()
		if err != nil {
			c.SetStatusCode(fasthttp.StatusNotFound)
			return
		}
		c.SetContentType("application/json; charset=utf-8")
		for _, h := range headers {
			c.Response.Header.Set(h[0], h[1])
		}
		c.WriteString(`{"success":true,"status":"completed","result":`)
		c.WriteString(result)
		c.WriteString(`,"fromCache":true}`)
	}
	server := &fasthttp.Server{Handler: answer, NoDefaultServerHeader: true}
	must(server.ListenAndServe("127.0.0.1:" + os.Args[1]))
}
