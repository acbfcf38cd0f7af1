package main

import (
	"encoding/hex"
	"fmt"

	_ "github.com/hibiken/asynq" // registers its messages
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// decode reads a message of asynq by its own generated code: the fields that are set, and its bytes written again.
func decode(r *request) (answer, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("asynq." + r.Kind))
	if err != nil {
		return nil, err
	}
	bytes, err := hex.DecodeString(r.Bytes)
	if err != nil {
		return nil, err
	}
	message := kind.New().Interface()
	if err := proto.Unmarshal(bytes, message); err != nil {
		return nil, err
	}
	again, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		return nil, err
	}
	if unknown := message.ProtoReflect().GetUnknown(); len(unknown) > 0 {
		return nil, fmt.Errorf("%d bytes are of fields that this version does not know", len(unknown))
	}
	return answer{"fields": fields(message.ProtoReflect()), "again": hex.EncodeToString(again)}, nil
}

func fields(message protoreflect.Message) map[string]any {
	values := map[string]any{}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		values[string(field.Name())] = plain(field, value)
		return true
	})
	return values
}

// plain gives bytes as hex and a time as [seconds, nanoseconds].
func plain(field protoreflect.FieldDescriptor, value protoreflect.Value) any {
	switch {
	case field.IsMap():
		entries := map[string]any{}
		value.Map().Range(func(key protoreflect.MapKey, entry protoreflect.Value) bool {
			entries[key.String()] = entry.Interface()
			return true
		})
		return entries
	case field.IsList():
		elements := []any{}
		for i := range value.List().Len() {
			elements = append(elements, value.List().Get(i).Interface())
		}
		return elements
	case field.Kind() == protoreflect.MessageKind:
		time := value.Message()
		of := func(number protoreflect.FieldNumber) int64 {
			return time.Get(time.Descriptor().Fields().ByNumber(number)).Int()
		}
		return []int64{of(1), of(2)}
	case field.Kind() == protoreflect.BytesKind:
		return hex.EncodeToString(value.Bytes())
	}
	return value.Interface()
}
