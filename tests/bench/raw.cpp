// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// raw HOST PORT tls|plain|list|sessions|once N
//
// What the library is measured against: OpenSSL, and as little else as can be. Ciphertext is read 256 KiB at a time,
// all commands are sent at once, the ends of messages are found by a vectorised search over whole buffers, and the
// octets go to a sink as they lie. It shares no code with the library, and is no program to learn from: it trusts
// that the server does what it should, and would wait forever for one that stops reading.
//
// The environment variable BENCH_CA is the file with the certificate to trust.

#include "report.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what)
{
    std::perror(what);
    ERR_print_errors_fp(stderr);
    std::exit(1);
}

// ---- Input: one buffer for all connections, because each is read until it has nothing more ------

struct {
    std::array<char, 256 << 10> octets;
    std::string_view left;
} input;

int read_bio(BIO* bio, char* to, int size)
{
    BIO_clear_retry_flags(bio);
    if (input.left.empty()) {
        const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
        const ssize_t n = recv(fd, input.octets.data(), input.octets.size(), 0);
        if (n < 0 && errno == EAGAIN)
            BIO_set_retry_read(bio);
        if (n <= 0)
            return static_cast<int>(n);
        input.left = {input.octets.data(), static_cast<std::size_t>(n)};
    }
    const std::size_t n = input.left.copy(to, static_cast<std::size_t>(size));
    input.left.remove_prefix(n);
    return static_cast<int>(n);
}

BIO* make_bio(int fd)
{
    static BIO_METHOD* const method = [] {
        BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "large reads");
        BIO_meth_set_read(m, read_bio);
        BIO_meth_set_ctrl(m, [](BIO*, int, long, void*) { return 0L; });
        return m;
    }();
    BIO* bio = BIO_new(method);
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
    BIO_set_init(bio, 1);
    return bio;
}

// ---- A connection -------------------------------------------------------------------------------

class wire {
public:
    wire(const char* host, std::uint16_t port, SSL_CTX* context, bool blocking)
        : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0))
    {
        const int one = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
            fail("connect");
        if (!context)
            return;
        ssl_ = SSL_new(context);
        SSL_set_tlsext_host_name(ssl_, host);
        SSL_set1_host(ssl_, host);
        SSL_set_fd(ssl_, fd_);
        SSL_set0_rbio(ssl_, make_bio(fd_));
        SSL_set_connect_state(ssl_);
    }

    wire(const wire&) = delete;
    wire& operator=(const wire&) = delete;

    ~wire()
    {
        SSL_free(ssl_);
        close(fd_);
        input.left = {};
    }

    int fd() const
    {
        return fd_;
    }

    // False if there is nothing to read before that.
    bool handshake()
    {
        const int result = ssl_ && !SSL_is_init_finished(ssl_) ? SSL_do_handshake(ssl_) : 1;
        if (result != 1 && !waits(result))
            fail("handshake");
        return result == 1;
    }

    // Octets; 0 at the end; -1 if there are none now.
    ssize_t read(char* to, std::size_t size)
    {
        if (!ssl_) {
            const ssize_t n = recv(fd_, to, size, 0);
            if (n < 0 && errno != EAGAIN)
                fail("recv");
            return n;
        }
        const int n = SSL_read(ssl_, to, static_cast<int>(size));
        if (n > 0)
            return n;
        if (SSL_get_error(ssl_, n) == SSL_ERROR_ZERO_RETURN)
            return 0;
        if (!waits(n))
            fail("SSL_read");
        return -1;
    }

    void write(std::string_view text)
    {
        while (!text.empty()) {
            const ssize_t n = ssl_ ? SSL_write(ssl_, text.data(), static_cast<int>(text.size()))
                                   : send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
            if (n <= 0)
                fail("write");
            text.remove_prefix(static_cast<std::size_t>(n));
        }
    }

private:
    bool waits(int result) const
    {
        const int error = SSL_get_error(ssl_, result);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    }

    int fd_;
    SSL* ssl_ = nullptr;
};

// ---- Replies ------------------------------------------------------------------------------------

std::uint64_t messages = 0;
std::uint64_t octets = 0;

// Called through a pointer that the compiler cannot look through, as a user's function would be.
void (*volatile sink)(const char*, std::size_t) = [](const char*, std::size_t n) {
    octets += n;
};

// The first LF before a dot, or that is the last octet; `end` if there is none.
const char* find_line_with_dot(const char* p, const char* end)
{
#ifdef __SSE2__
    const __m128i lf = _mm_set1_epi8('\n');
    const __m128i dot = _mm_set1_epi8('.');
    const auto match = [&](const char* at) {
        const __m128i here = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const __m128i next = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 1));
        return _mm_and_si128(_mm_cmpeq_epi8(here, lf), _mm_cmpeq_epi8(next, dot));
    };
    for (; end - p > 64; p += 64) {
        const __m128i m[] = {match(p), match(p + 16), match(p + 32), match(p + 48)};
        if (_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(m[0], m[1]), _mm_or_si128(m[2], m[3]))) == 0)
            continue;
        for (int i = 0; i < 4; ++i)
            if (const auto bits = static_cast<unsigned>(_mm_movemask_epi8(m[i])); bits != 0)
                return p + 16 * i + std::countr_zero(bits);
    }
#endif
    while (p != end) {
        p = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
        if (!p)
            return end;
        if (p + 1 == end || p[1] == '.')
            return p;
        ++p;
    }
    return end;
}

// Cuts what comes into replies. Which of them have more than a line is said by a letter for each: s(ingle line),
// c(apabilities), m(essage), l(ist), u(idl).
class replies {
public:
    // From `again` on the letters are repeated.
    explicit replies(std::string_view kinds, std::size_t again = 0) : kinds_(kinds), again_(again)
    {
    }

    std::size_t done() const
    {
        return done_;
    }

    // From here on, others.
    void expect(std::string_view kinds)
    {
        kinds_ = kinds;
        at_ = again_ = 0;
    }

    void feed(const char* p, const char* end)
    {
        while (p != end)
            p = in_body_ ? feed_body(p, end) : feed_status(p, end);
    }

private:
    const char* feed_status(const char* p, const char* end)
    {
        const auto* lf = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
        if (line_.empty() && p[0] != '+')
            fail("refused");
        if (!lf) {
            line_.append(p, static_cast<std::size_t>(end - p));
            return end;
        }
        line_.clear();
        kind_ = kinds_[at_];
        at_ = at_ + 1 == kinds_.size() ? again_ : at_ + 1;
        in_body_ = kind_ != 's';
        done_ += !in_body_;
        state_ = line_start;
        last_ = '\n';
        return lf + 1;
    }

    // `from` is what has not been delivered yet. A dot at the start of a line never is; the CR behind it is kept back
    // until it is known whether it belongs to the end.
    const char* feed_body(const char* const begin, const char* const end)
    {
        const char* from = begin;
        for (const char* p = begin; p != end;) {
            switch (state_) {
            case in_line:
                p = find_line_with_dot(p, end);
                if (p != end) {
                    if ((p == begin ? last_ : p[-1]) == '\r')
                        state_ = line_start;
                    ++p;
                }
                break;
            case line_start:
                if (*p == '.') {
                    deliver(from, p);
                    from = ++p;
                    state_ = dot;
                } else {
                    state_ = in_line;
                }
                break;
            case dot:
                if (*p == '\r') {
                    ++p;
                    state_ = dot_cr;
                } else {
                    state_ = in_line;
                }
                break;
            case dot_cr:
                if (*p == '\n') {
                    end_body();
                    return p + 1;
                }
                if (p == begin)
                    deliver("\r", 1);
                state_ = in_line;
                break;
            }
        }
        deliver(from, state_ == dot_cr && end != from ? end - 1 : end);
        last_ = end[-1];
        return end;
    }

    void deliver(const char* from, const char* to)
    {
        if (from != to)
            deliver(from, static_cast<std::size_t>(to - from));
    }

    void deliver(const char* p, std::size_t n)
    {
        if (kind_ == 'm')
            sink(p, n);
        else if (kind_ != 'c')
            deliver_lines(p, p + n);
    }

    void deliver_lines(const char* p, const char* end)
    {
        while (p != end) {
            const auto* lf =
                static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
            if (!lf) {
                line_.append(p, static_cast<std::size_t>(end - p));
                return;
            }
            if (line_.empty()) {
                read_entry({p, static_cast<std::size_t>(lf - p)});
            } else {
                line_.append(p, static_cast<std::size_t>(lf - p));
                read_entry(line_);
                line_.clear();
            }
            p = lf + 1;
        }
    }

    void read_entry(std::string_view line)
    {
        const char* const end = line.data() + line.size();
        std::size_t number = 0;
        std::size_t size = 0;
        const auto read = std::from_chars(line.data(), end, number);
        if (kind_ == 'l')
            std::from_chars(read.ptr + 1, end, size);
        octets += size;
        messages += number != 0 && kind_ == 'l';
    }

    void end_body()
    {
        in_body_ = false;
        ++done_;
        messages += kind_ == 'm';
    }

    enum { in_line, line_start, dot, dot_cr } state_ = line_start;
    std::string_view kinds_;
    std::size_t at_ = 0;
    std::size_t again_;
    char kind_ = 's';
    bool in_body_ = false;
    char last_ = '\n'; // of the piece before
    std::string line_; // what was begun in the piece before
    std::size_t done_ = 0;
};

// A TLS record's plaintext stays in the processor's cache until it is parsed. Without TLS it is the read that is large.
std::array<char, 256 << 10> plaintext;

const std::string login = "USER bench\r\nPASS bench\r\n";

std::string retr(std::size_t last)
{
    std::string all;
    for (std::size_t n = 1; n <= last; ++n)
        all += "RETR " + std::to_string(n) + "\r\n";
    return all;
}

void one_session(wire& w, bool list, std::size_t n)
{
    replies r(list ? "scssuls" : "scssm", 4);
    const auto read_until = [&](std::size_t done) {
        while (r.done() < done) {
            const ssize_t got = w.read(plaintext.data(), plaintext.size());
            if (got <= 0)
                fail("the connection ended");
            r.feed(plaintext.data(), plaintext.data() + got);
        }
    };
    w.handshake();
    read_until(1);
    w.write("CAPA\r\n");
    read_until(2);
    w.write(login);
    read_until(4);
    w.write(list ? "UIDL\r\nLIST\r\n" : retr(n));
    read_until(4 + (list ? 2 : n));
    const std::size_t done = r.done();
    r.expect("s");
    w.write("QUIT\r\n");
    read_until(done + 1);
}

// ---- Many sessions ------------------------------------------------------------------------------

struct session {
    session(const char* host, std::uint16_t port, SSL_CTX* context) : connection(host, port, context, false)
    {
    }

    // False at the end.
    bool advance()
    {
        static const std::string work = login + "STAT\r\n" + retr(3) + "QUIT\r\n";
        if (!connection.handshake())
            return true;
        for (ssize_t n; (n = connection.read(plaintext.data(), plaintext.size())) >= 0;) {
            if (n == 0)
                fail("the connection ended");
            const std::size_t before = r.done();
            r.feed(plaintext.data(), plaintext.data() + n);
            if (r.done() == 9)
                return false;
            if (before < 1 && r.done() >= 1)
                connection.write("CAPA\r\n");
            if (before < 2 && r.done() >= 2)
                connection.write(work);
        }
        return true;
    }

    wire connection;
    replies r{"scsssmmms"};
};

void many_sessions(const char* host, std::uint16_t port, SSL_CTX* context, std::size_t n)
{
    const int poller = epoll_create1(EPOLL_CLOEXEC);
    std::vector<std::unique_ptr<session>> all;
    for (std::size_t i = 0; i < n; ++i) {
        all.push_back(std::make_unique<session>(host, port, context));
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.u64 = i;
        epoll_ctl(poller, EPOLL_CTL_ADD, all[i]->connection.fd(), &event);
    }
    for (std::size_t open = n; open != 0;) {
        std::array<epoll_event, 256> events;
        const int ready = epoll_wait(poller, events.data(), static_cast<int>(events.size()), 60000);
        if (ready <= 0)
            fail("epoll_wait");
        for (int i = 0; i < ready; ++i) {
            auto& s = all[events[static_cast<std::size_t>(i)].data.u64];
            if (s && !s->advance()) {
                s.reset();
                --open;
            }
        }
    }
    close(poller);
}

SSL_CTX* make_context(bool system_roots)
{
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (system_roots)
        SSL_CTX_set_default_verify_paths(context);
    const char* ca = std::getenv("BENCH_CA");
    if (!ca || SSL_CTX_load_verify_locations(context, ca, nullptr) != 1)
        fail("BENCH_CA");
    return context;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 5) {
        std::fputs("usage: raw HOST PORT tls|plain|list|sessions|once N\n", stderr);
        return 2;
    }
    const std::string_view mode = argv[3];
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    const std::size_t n = std::strtoul(argv[4], nullptr, 10);
    if (mode != "tls" && mode != "plain" && mode != "list" && mode != "sessions" && mode != "once")
        return 77;
    SSL_CTX* context = mode == "plain" ? nullptr : make_context(mode == "once");
    if (mode == "sessions") {
        many_sessions(argv[1], port, context, n);
    } else {
        wire connection(argv[1], port, context, true);
        one_session(connection, mode == "list", n);
    }
    SSL_CTX_free(context);
    bench::report(messages, octets);
}
