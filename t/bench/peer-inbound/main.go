// A consumer of sentiment cards as a Go team writes it: franz-go, pgx, one set-based statement a batch with the offsets in its
// transaction, then a pipeline of PUBLISH. main BROKERS DATABASE-URL REDIS-ADDRESS; it runs until it is ended.
package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/twmb/franz-go/pkg/kgo"
)

const topic, batch = "realtime-status", 5000

type message struct {
	RequestID string          `json:"requestId"`
	ProductID string          `json:"productId"`
	Card      json.RawMessage `json:"card"`
}

// Cards of known requests that are not stored yet, each once, in order; then the places behind them.
const store = `WITH m AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[]) WITH ORDINALITY AS m (task, product, card, doc, n)),
 fresh AS (SELECT min(n) AS n FROM m WHERE EXISTS (SELECT FROM analysis_requests r WHERE r.task_id = m.task AND r.product_id = m.product)
  AND NOT EXISTS (SELECT FROM emotion_cards e WHERE e.task_id = m.task AND e.card_id = m.card) GROUP BY task, card),
 stored AS (INSERT INTO emotion_cards (product_id, task_id, card_id, doc) SELECT product, task, card, doc FROM m JOIN fresh USING (n) ORDER BY n)
 SELECT n FROM fresh ORDER BY n`
const move = `INSERT INTO bench_offsets SELECT * FROM unnest($1::int[], $2::bigint[]) ON CONFLICT (part) DO UPDATE SET next = excluded.next`

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func apply(ctx context.Context, db *pgx.Conn, rdb *redis.Client, records []*kgo.Record) {
	var tasks, products, cards []string
	var docs [][]byte
	places := map[int32]int64{}
	for _, r := range records {
		var m message
		var card struct{ ID, Sentiment, Text string }
		if json.Unmarshal(r.Value, &m) != nil || json.Unmarshal(m.Card, &card) != nil || card.ID == "" || card.Text == "" {
			panic("a bad message")
		}
		tasks, products, cards, docs = append(tasks, m.RequestID), append(products, m.ProductID), append(cards, card.ID), append(docs, m.Card)
		places[r.Partition] = r.Offset + 1
	}
	var parts []int32
	var next []int64
	for p, n := range places {
		parts, next = append(parts, p), append(next, n)
	}
	tx, err := db.Begin(ctx)
	must(err)
	rows, err := tx.Query(ctx, store, tasks, products, cards, docs)
	must(err)
	fresh, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	must(err)
	_, err = tx.Exec(ctx, move, parts, next)
	must(err)
	must(tx.Commit(ctx))
	pipe := rdb.Pipeline()
	for _, n := range fresh {
		event, _ := json.Marshal(message{tasks[n-1], products[n-1], docs[n-1]})
		pipe.Publish(ctx, "fanout:analysis:"+tasks[n-1], event)
	}
	_, err = pipe.Exec(ctx)
	must(err)
}

func main() {
	ctx := context.Background()
	db, err := pgx.Connect(ctx, os.Args[2])
	must(err)
	rdb := redis.NewClient(&redis.Options{Addr: os.Args[3]})
	starts := map[int32]kgo.Offset{}
	for p := int32(0); p < 5; p++ {
		starts[p] = kgo.NewOffset().AtStart()
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(os.Args[1]), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: starts}))
	must(err)
	for {
		fetches := client.PollRecords(ctx, batch)
		if records := fetches.Records(); len(records) > 0 {
			apply(ctx, db, rdb, records)
		}
	}
}
