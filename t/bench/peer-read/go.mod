module peer

go 1.25

require (
	github.com/redis/rueidis v1.0.79
	github.com/valyala/fasthttp v1.78.0
)
