package main

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// rawCodec passes messages as the bytes that they are on the wire: no generated code is needed.
type rawCodec struct{}

func (rawCodec) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (rawCodec) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append((*v.(*[]byte))[:0], data...)
	return nil
}
func (rawCodec) Name() string { return "proto" }

// newGrpcGetter has a connection of its own, as each REST caller has.
func newGrpcGetter(addr, key, tenant string) (caller, error) {
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})))
	if err != nil {
		return nil, err
	}
	// GetTenantRequest{tenant_id}: field 1, a string shorter than 128 bytes.
	request := append([]byte{0x0a, byte(len(tenant))}, tenant...)
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+key)
	var response []byte
	return func() error {
		if err := conn.Invoke(ctx, "/smallbiznis.tenant.v1.TenantService/GetTenant", &request, &response); err != nil {
			return err
		}
		if len(response) == 0 {
			return fmt.Errorf("an empty tenant")
		}
		return nil
	}, nil
}
