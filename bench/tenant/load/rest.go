package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"
)

// A keep-alive HTTP/1.1 connection.
type connection struct {
	net.Conn
	in   *bufio.Reader
	body []byte
}

func dial(addr string) (*connection, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: conn, in: bufio.NewReaderSize(conn, 16<<10)}, nil
}

// exchange sends one request and reads its answer; anything but 200 is an error.
func (c *connection) exchange(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	status, err := c.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	ok := bytes.HasPrefix(status, []byte("HTTP/1.1 200"))
	first := string(status[:len(status)-2])
	length := -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if name := []byte("content-length:"); len(line) > len(name) && bytes.EqualFold(line[:len(name)], name) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(name):]))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("%s: no Content-Length", first)
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	if _, err := io.ReadFull(c.in, c.body); err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%s: %s", first, c.body)
	}
	return nil
}

// newCreator makes a new tenant in each call, under an idempotency key.
func newCreator(addr, key string, number int) (caller, error) {
	conn, err := dial(addr)
	if err != nil {
		return nil, err
	}
	prefix := fmt.Sprintf("l%s-%d-%d", strconv.FormatInt(time.Now().UnixNano(), 36), os.Getpid(), number)
	n := 0
	return func() error {
		n++
		slug := prefix + "-" + strconv.Itoa(n)
		body := `{"name":"Toko ` + slug + `","slug":"` + slug + `","type":"COMPANY","countryCode":"ID","timezone":"Asia/Jakarta"}`
		return conn.exchange([]byte("POST /v1/tenants HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + key +
			"\r\nContent-Type: application/json\r\nIdempotency-Key: " + slug + "\r\nContent-Length: " +
			strconv.Itoa(len(body)) + "\r\n\r\n" + body))
	}, nil
}

func newRestGetter(addr, key, tenant string) (caller, error) {
	conn, err := dial(addr)
	if err != nil {
		return nil, err
	}
	request := []byte("GET /v1/tenants/" + tenant + " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + key + "\r\n\r\n")
	return func() error { return conn.exchange(request) }, nil
}
