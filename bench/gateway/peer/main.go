// The peer: grpc-gateway in front of a grpc-go server in one process, joined by loopback TCP, as its documentation sets
// it up. It hosts the same echo. Prints one JSON line with its ports and versions when it serves.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"runtime/debug"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"smallbiznis/bench/gateway/echopb"
)

type echo struct{ echopb.UnimplementedEchoServer }

func (echo) AddEntry(_ context.Context, entry *echopb.Entry) (*echopb.Entry, error) {
	return entry, nil
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

func port(listener net.Listener) int {
	return listener.Addr().(*net.TCPAddr).Port
}

// versions gives "v2.33.0+grpc-go v1.85.0", as built.
func versions() string {
	info, _ := debug.ReadBuildInfo()
	of := map[string]string{}
	for _, module := range info.Deps {
		of[module.Path] = module.Version
	}
	return of["github.com/grpc-ecosystem/grpc-gateway/v2"] + "+grpc-go " + of["google.golang.org/grpc"]
}

func main() {
	rpcs, web := listen(), listen()
	server := grpc.NewServer()
	echopb.RegisterEchoServer(server, echo{})
	go func() { log.Fatal(server.Serve(rpcs)) }()

	mux := runtime.NewServeMux()
	plain := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if err := echopb.RegisterEchoHandlerFromEndpoint(context.Background(), mux, rpcs.Addr().String(), plain); err != nil {
		log.Fatal(err)
	}
	ready := map[string]any{"http": port(web), "grpc": port(rpcs), "version": versions()}
	if err := json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(web, mux))
}
