package main

import (
	"bytes"
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"smallbiznis/bench/gateway/echopb"
)

// bytesCodec sends and receives messages that are already bytes.
type bytesCodec struct{}

func (bytesCodec) Name() string                        { return "proto" }
func (bytesCodec) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }
func (bytesCodec) Unmarshal(data []byte, to any) error { *to.(*[]byte) = data; return nil }

func grpcCallers(addr string, count int) ([]call, error) {
	channel, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{})))
	if err != nil {
		return nil, err
	}
	request, err := proto.Marshal(&echopb.Entry{
		TenantId: "7230018201334784", MemberId: "7230018201334901", Amount: 12500,
		ReferenceId: "order-2026-000000042", Description: "points for order 42",
	})
	if err != nil {
		return nil, err
	}
	callers := make([]call, count)
	for i := range callers {
		callers[i] = func() error {
			var answer []byte
			if err := channel.Invoke(context.Background(), echopb.Echo_AddEntry_FullMethodName, &request, &answer); err != nil {
				return err
			}
			if !bytes.Equal(answer, request) {
				return errors.New("not the entry that was sent")
			}
			return nil
		}
	}
	return callers, nil
}
