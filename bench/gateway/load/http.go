package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
)

const body = `{"tenantId":"7230018201334784","memberId":"7230018201334901","amount":"12500",` +
	`"referenceId":"order-2026-000000042","description":"points for order 42"}`

const marker = `"order-2026-000000042"`

func httpCallers(addr string, count int) ([]call, error) {
	request := []byte("POST /v1/entries HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/json\r\n" +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	callers := make([]call, count)
	for i := range callers {
		connection, err := net.Dial("tcp", addr)
		if err != nil {
			return nil, err
		}
		reader := bufio.NewReaderSize(connection, 8192)
		callers[i] = func() error {
			if _, err := connection.Write(request); err != nil {
				return err
			}
			return readAnswer(reader)
		}
	}
	return callers, nil
}

// readAnswer takes one answer off the connection: 200, with a Content-Length, with the entry in it.
func readAnswer(reader *bufio.Reader) error {
	status, err := reader.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return errors.New(string(status))
	}
	length := -1
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			break
		}
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length < 0 || length > reader.Size() {
		return fmt.Errorf("Content-Length %d", length)
	}
	answer, err := reader.Peek(length)
	if err != nil {
		return err
	}
	if !bytes.Contains(answer, []byte(marker)) {
		return fmt.Errorf("not the entry that was sent: %s", answer)
	}
	_, err = reader.Discard(length)
	return err
}
