// asynqmon's handler on a free port of the loopback: prints that port when it serves. Ends when stdin does.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/hibiken/asynq"
	"github.com/hibiken/asynqmon"
)

func main() {
	address := flag.String("redis", "", "host:port")
	flag.Parse()
	handler := asynqmon.New(asynqmon.Options{RootPath: "/", RedisConnOpt: asynq.RedisClientOpt{Addr: *address}})
	defer handler.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() { log.Fatal(http.Serve(listener, handler)) }()
	io.Copy(io.Discard, os.Stdin)
}
