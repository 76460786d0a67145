/* The floor: WebSocket echo-to-room with epoll and nothing else. No store, no check, no batch, no promise.
 *
 * A client's first text is {"type":"join","room":R[,"candidate":C]}. What a candidate says afterwards goes, wrapped as
 * an event, to the room's dashboards. The frame a generator writes is trusted: this is a yardstick, not a server.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { ROOMS = 4096, SCREENS = 8, CLIENTS = 65536, IN = 2048, EVENTS = 256, LONGEST = 1024 };

struct client {
    int is_used, is_open, candidate;
    struct room *room;
    size_t have;
    unsigned char in[IN];
    char *out; /* what the socket did not take yet */
    size_t out_size, out_room;
};

struct room {
    int count, screens[SCREENS];
};

static struct client *clients[CLIENTS];
static struct room rooms[ROOMS];
static int loop;

/* ── SHA-1 and base64, for the handshake ─────────────────────────────────────────────────────────────────────── */

static uint32_t turn(uint32_t value, int by) { return value << by | value >> (32 - by); }

static void block(uint32_t h[5], const unsigned char *p) {
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 80; i++) w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
        uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
        uint32_t next = turn(a, 5) + f + e + k + w[i];
        e = d, d = c, c = turn(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

static void sha1(const char *text, size_t size, unsigned char out[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    unsigned char padded[128] = {0};
    size_t total = size + 9 <= 64 ? 64 : 128;
    memcpy(padded, text, size);
    padded[size] = 0x80;
    for (int i = 0; i < 4; i++) padded[total - 1 - i] = (unsigned char)(size * 8 >> 8 * i);
    for (size_t at = 0; at < total; at += 64) block(h, padded + at);
    for (int i = 0; i < 20; i++) out[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const unsigned char *in, char *out) { /* 20 bytes to 28 characters */
    const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 21; i += 3) {
        uint32_t three = (uint32_t)in[i] << 16 | in[i + 1] << 8 | (i < 18 ? in[i + 2] : 0);
        for (int j = 0; j < 4; j++) *out++ = letters[three >> (18 - 6 * j) & 63];
    }
    out[-1] = '=';
    *out = 0;
}

/* ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────── */

static void watch(int fd, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    epoll_ctl(loop, operation, fd, &event);
}

static void give(int fd, const char *data, size_t size) {
    struct client *c = clients[fd];
    if (!c->out_size) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent == (ssize_t)size) return;
        if (sent > 0) data += sent, size -= (size_t)sent;
        watch(fd, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
    if (c->out_size + size > c->out_room) {
        c->out_room = 2 * (c->out_size + size);
        c->out = realloc(c->out, c->out_room);
    }
    memcpy(c->out + c->out_size, data, size);
    c->out_size += size;
}

static void drain(int fd) {
    struct client *c = clients[fd];
    ssize_t sent = send(fd, c->out, c->out_size, MSG_NOSIGNAL);
    if (sent <= 0) return;
    c->out_size -= (size_t)sent;
    memmove(c->out, c->out + sent, c->out_size);
    if (!c->out_size) {
        free(c->out);
        c->out = NULL, c->out_room = 0;
        watch(fd, EPOLL_CTL_MOD, EPOLLIN);
    }
}

static size_t head(char *out, size_t size) {
    out[0] = (char)0x81;
    if (size < 126) {
        out[1] = (char)size;
        return 2;
    }
    out[1] = 126, out[2] = (char)(size >> 8), out[3] = (char)size;
    return 4;
}

/* ── hearing ─────────────────────────────────────────────────────────────────────────────────────────────────── */

static void leave(int fd) {
    struct client *c = clients[fd];
    if (c->room && !c->candidate) {
        struct room *room = c->room;
        for (int i = 0; i < room->count; i++)
            if (room->screens[i] == fd) room->screens[i--] = room->screens[--room->count];
    }
    free(c->out);
    memset(c, 0, sizeof *c);
    close(fd);
}

static void join(int fd, const char *text) {
    struct client *c = clients[fd];
    const char *room = strstr(text, "\"room\": "), *candidate = strstr(text, "\"candidate\": ");
    if (!room || atoi(room + 8) < 0 || atoi(room + 8) >= ROOMS) return;
    c->room = &rooms[atoi(room + 8)];
    c->candidate = candidate ? atoi(candidate + 13) : 0;
    if (!c->candidate && c->room->count < SCREENS) c->room->screens[c->room->count++] = fd;
    give(fd, "\x81\x11{\"type\":\"joined\"}", 19);
}

static void relay(struct client *c, const char *text, size_t size) {
    static char body[LONGEST + 256], out[LONGEST + 260];
    const char *help = "{\"type\":\"help\"";
    int is_call = size > strlen(help) && !memcmp(text, help, strlen(help));
    const char *form = is_call ? "{\"type\":\"help.opened\",\"candidate\":%d,\"set\":{\"help\":[%.*s]}}"
                               : "{\"type\":\"candidate.progressed\",\"candidate\":%d,\"set\":{\"progress\":%.*s}}";
    size_t made = (size_t)snprintf(body, sizeof body, form, c->candidate, (int)size, text);
    size_t start = head(out, made);
    memcpy(out + start, body, made);
    for (int i = 0; i < c->room->count; i++) give(c->room->screens[i], out, start + made);
}

/* Takes one message off; gives how many bytes it was, 0 when it is not whole, -1 when the client must go. */
static long frame(int fd, unsigned char *at, size_t have) {
    struct client *c = clients[fd];
    if (have < 6) return 0;
    size_t size = at[1] & 127, start = 6;
    if (size == 126) size = (size_t)at[2] << 8 | at[3], start = 8;
    if (size > LONGEST || (at[0] & 15) == 8) return -1;
    if (have < start + size) return 0;
    char text[LONGEST + 1];
    for (size_t i = 0; i < size; i++) text[i] = (char)(at[start + i] ^ at[start - 4 + i % 4]);
    text[size] = 0;
    if ((at[0] & 15) == 1) {
        if (!c->room) join(fd, text);
        else if (c->candidate) relay(c, text, size);
    }
    return (long)(start + size);
}

static long handshake(int fd, struct client *c) {
    char *in = (char *)c->in, *end = memmem(in, c->have, "\r\n\r\n", 4);
    if (!end) return c->have == IN ? -1 : 0;
    char *key = memmem(in, c->have, "Sec-WebSocket-Key: ", 19);
    if (!key || key + 19 + 24 > end) return -1;
    char joined[61], accept[29], answer[200];
    unsigned char digest[21] = {0};
    snprintf(joined, sizeof joined, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + 19);
    sha1(joined, 60, digest);
    base64(digest, accept);
    int size = snprintf(answer, sizeof answer,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    give(fd, answer, (size_t)size);
    c->is_open = 1;
    return end + 4 - in;
}

static void hear(int fd) {
    struct client *c = clients[fd];
    ssize_t got = recv(fd, c->in + c->have, IN - c->have, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        leave(fd);
        return;
    }
    c->have += (size_t)got;
    size_t at = 0;
    for (;;) {
        long used = c->is_open ? frame(fd, c->in + at, c->have - at) : handshake(fd, c);
        if (used < 0) {
            leave(fd);
            return;
        }
        if (!used) break;
        at += (size_t)used;
    }
    c->have -= at;
    memmove(c->in, c->in + at, c->have);
}

static void take(int door) {
    for (;;) {
        int fd = accept4(door, NULL, NULL, SOCK_NONBLOCK), on = 1;
        if (fd < 0) return;
        if (fd >= CLIENTS) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (!clients[fd]) clients[fd] = calloc(1, sizeof **clients);
        clients[fd]->is_used = 1;
        watch(fd, EPOLL_CTL_ADD, EPOLLIN);
    }
}

int main(int count, char **arguments) {
    int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (count < 2) return 2;
    here.sin_port = htons((uint16_t)atoi(arguments[1]));
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(door, (struct sockaddr *)&here, sizeof here) || listen(door, 4096)) {
        perror("floor");
        return 1;
    }
    loop = epoll_create1(0);
    watch(door, EPOLL_CTL_ADD, EPOLLIN);
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == door) {
                take(door);
                continue;
            }
            if (clients[fd]->is_used && events[i].events & EPOLLOUT && clients[fd]->out_size) drain(fd);
            if (clients[fd]->is_used && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) hear(fd);
        }
    }
}
