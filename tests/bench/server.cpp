// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// server [--tls] [--ca FILE] [--messages N] [--size OCTETS|mixed] [--store-mib M] [--rtt-ms MS] [--tickets K]
//        [--no-pipelining] [--port P]
//
// A POP3 server that does as little as it can, so that a measurement is one of the client. One thread, epoll, Linux, and
// no other interface than loopback. It takes any user and password, and any number of commands at once.
//
// The messages are made, dot-stuffed and framed once: RETR is a look-up, and what is asked for in sequence is one range
// of memory. Without TLS large ranges leave by sendfile(). With TLS OpenSSL seals them into one buffer, which leaves
// 256 KiB at a time.
//
// --rtt-ms: what arrives is held back for one round trip (for two when a connection is new: TCP's handshake), so that
// commands that came together are answered together. Bandwidth, slow start and loss are not modelled.
//
// It makes a certificate for localhost, and writes it to the CA file. Prints `port=...` when it listens, and when it is
// terminated one line of JSON: what was asked for, how long it took, and how busy the server was.

#include <pop3/testing/certificate.hpp>

#include <asio/ssl/context.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
using time_point = clock_type::time_point;

constexpr std::size_t record = 16384;   // plaintext of a TLS record
constexpr std::size_t bulk = 256 << 10; // what is given to the kernel at once
constexpr std::size_t turn = 4 << 20;   // what one session may send before the others have their turn

struct settings {
    bool tls = false;
    bool pipelining = true;
    bool mixed = false;
    int port = 0;
    std::size_t messages = 100;
    std::size_t size = 4096;
    std::size_t store = 16 << 20;
    std::size_t tickets = 0;
    std::chrono::nanoseconds rtt{0};
    std::string ca;
} chosen;

[[noreturn]] void fail(const char* what)
{
    std::perror(what);
    ERR_print_errors_fp(stderr);
    std::exit(1);
}

int require(int result, const char* what)
{
    if (result < 0)
        fail(what);
    return result;
}

double cpu_seconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// ---- The maildrop -------------------------------------------------------------------------------

class maildrop {
public:
    struct message {
        std::size_t at;     // of the framed reply
        std::size_t size;   // of the framed reply
        std::size_t octets; // that a client delivers
    };

    // Of messages beyond the store's size there are no others: the first ones come again.
    maildrop()
    {
        std::string all;
        while (distinct_.size() < chosen.messages && (distinct_.empty() || all.size() < chosen.store)) {
            const std::size_t at = all.size();
            const std::size_t octets = std::max<std::size_t>(chosen.mixed ? next_size() : chosen.size, 512);
            all += "+OK " + std::to_string(octets) + " octets\r\n";
            write_message(all, octets);
            all += ".\r\n";
            distinct_.push_back({at, all.size() - at, octets});
        }
        keep(all);
        for (std::size_t i = 1; i <= chosen.messages; ++i) {
            const std::string number = std::to_string(i);
            octets_ += (*this)[i].octets;
            list_ += number + ' ' + std::to_string((*this)[i].octets) + "\r\n";
            uidl_ += number + ' ' + unique_id(i) + "\r\n";
        }
        list_ += ".\r\n";
        uidl_ += ".\r\n";
    }

    // Numbers count from 1.
    const message& operator[](std::size_t number) const
    {
        return distinct_[(number - 1) % distinct_.size()];
    }

    std::string_view reply(std::size_t number) const
    {
        const message& m = (*this)[number];
        return base_.substr(m.at, m.size);
    }

    std::string top(std::size_t number, std::size_t lines) const
    {
        const auto whole = reply(number);
        std::size_t end = whole.find("\r\n\r\n") + 4;
        for (; lines != 0 && end + 3 < whole.size(); --lines)
            end = whole.find("\r\n", end) + 2;
        return std::string(whole.substr(0, std::min(end, whole.size() - 3))) + ".\r\n";
    }

    static std::string unique_id(std::size_t number)
    {
        std::array<char, 32> text{};
        const int size = std::snprintf(text.data(), text.size(), "%08zx65f3a2b4", number);
        return std::string(text.data(), static_cast<std::size_t>(size));
    }

    std::string_view list() const
    {
        return list_;
    }

    std::string_view uidl() const
    {
        return uidl_;
    }

    std::uint64_t octets() const
    {
        return octets_;
    }

    std::size_t distinct() const
    {
        return distinct_.size();
    }

    int file() const
    {
        return file_;
    }

    // Where `text` lies in the file, or -1.
    off_t offset_of(std::string_view text) const
    {
        const std::less_equal<const char*> not_after;
        const bool inside = not_after(base_.data(), text.data()) &&
                            not_after(text.data() + text.size(), base_.data() + base_.size());
        return inside ? text.data() - base_.data() : -1;
    }

private:
    double chance()
    {
        return std::uniform_real_distribution<double>()(random_);
    }

    // About what a person's maildrop is: most messages are small, most octets in a few.
    std::size_t next_size()
    {
        const double kind = chance();
        const auto between = [this](double low, double high) {
            return static_cast<std::size_t>(low + (high - low) * chance());
        };
        if (kind < 0.60)
            return between(2048, 8192);
        if (kind < 0.85)
            return between(8192, 40960);
        if (kind < 0.98)
            return between(40960, 400000);
        return between(1 << 20, 4 << 20);
    }

    // Lines of 76 characters; one in a hundred begins with a dot, which is doubled.
    void write_message(std::string& out, std::size_t octets)
    {
        static constexpr std::string_view text =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .";
        const std::string number = std::to_string(distinct_.size() + 1);
        const std::string header =
            "Return-Path: <bob@example.org>\r\nReceived: from mx.example.org by localhost; "
            "Thu, 01 Feb 2024 12:00:00 +0000\r\nFrom: Bob <bob@example.org>\r\nTo: Alice "
            "<alice@example.org>\r\nSubject: message " +
            number + "\r\nDate: Thu, 01 Feb 2024 12:00:00 +0000\r\nMessage-ID: <" + number +
            "@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
        out += header;
        for (std::size_t left = octets - header.size(); left != 0;) {
            std::size_t length = std::min<std::size_t>(76, left - 2);
            if (left - 2 - length == 1)
                --length; // no line is shorter than its CRLF
            for (std::size_t i = 0; i < length; ++i) {
                char c = text[random_() % text.size()];
                if (i == 0 && random_() % 100 == 0)
                    c = '.';
                else if (i == 0 && c == '.')
                    c = 'x';
                if (i == 0 && c == '.')
                    out += '.';
                out += c;
            }
            out += "\r\n";
            left -= length + 2;
        }
    }

    // In a file without a name, because sendfile() takes no memory.
    void keep(const std::string& all)
    {
        file_ = require(memfd_create("maildrop", MFD_CLOEXEC), "memfd_create");
        require(ftruncate(file_, static_cast<off_t>(all.size())), "ftruncate");
        void* memory = mmap(nullptr, all.size(), PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
        if (memory == MAP_FAILED)
            fail("mmap");
        std::memcpy(memory, all.data(), all.size());
        base_ = std::string_view(static_cast<const char*>(memory), all.size());
    }

    std::minstd_rand random_;
    std::vector<message> distinct_;
    std::string list_ = "+OK\r\n";
    std::string uidl_ = "+OK\r\n";
    std::uint64_t octets_ = 0;
    std::string_view base_;
    int file_ = -1;
};

const maildrop* drop;

// ---- What is reported ---------------------------------------------------------------------------

struct {
    std::uint64_t sessions = 0;
    std::uint64_t retr = 0;
    std::uint64_t octets = 0; // of messages, as a client delivers them
    std::uint64_t listed = 0; // entries
    time_point connected;     // the first client
    time_point asked;         // the first RETR, LIST or UIDL
    time_point ended;         // the last client
    double cpu_connected = 0;
    double cpu_ended = 0;
} seen;

void note_data()
{
    if (seen.asked == time_point())
        seen.asked = clock_type::now();
}

void print_report()
{
    const auto seconds = [](time_point from, time_point to) {
        return std::chrono::duration<double>(to - from).count();
    };
    const double span = seconds(seen.connected, seen.ended);
    const double transfer = seen.asked == time_point() ? 0 : seconds(seen.asked, seen.ended);
    const double cpu = seen.cpu_ended - seen.cpu_connected;
    std::printf(
        "{\"sessions\":%ju,\"retr\":%ju,\"octets\":%ju,\"listed\":%ju,\"span_s\":%.6f,\"transfer_s\":%.6f,"
        "\"cpu_s\":%.6f,\"busy\":%.3f}\n",
        std::uintmax_t{seen.sessions}, std::uintmax_t{seen.retr}, std::uintmax_t{seen.octets},
        std::uintmax_t{seen.listed}, span, transfer, cpu, span > 0 ? cpu / span : 0);
}

// ---- Sessions -----------------------------------------------------------------------------------

int poller = -1;
SSL_CTX* context = nullptr;
std::vector<std::string> spare_buffers;

class session {
public:
    enum class event { connected, data, end };

    session(int fd, std::uint64_t id) : fd_(fd), id_(id), ready_(clock_type::now() + chosen.rtt)
    {
    }

    session(const session&) = delete;
    session& operator=(const session&) = delete;

    ~session()
    {
        SSL_free(ssl_);
        ::close(fd_);
        give_back();
    }

    bool dead() const
    {
        return dead_;
    }

    int fd() const
    {
        return fd_;
    }

    // Keeps what arrived until the round trip is over; returns when that is.
    time_point hold(event what, std::string_view data)
    {
        held_.emplace_back(what, std::string(data));
        return std::max(clock_type::now(), ready_) + chosen.rtt;
    }

    void release()
    {
        const auto [what, data] = std::move(held_.front());
        held_.pop_front();
        handle(what, data);
    }

    void handle(event what, std::string_view data)
    {
        if (what == event::end)
            dead_ = true;
        else if (what == event::connected && !chosen.tls)
            say("+OK ready\r\n");
        else if (what == event::connected)
            start_tls();
        else if (ssl_)
            read_tls(data);
        else
            read(data);
        if (!dead_)
            send();
    }

    void send()
    {
        ssize_t n = 1;
        for (std::size_t sent = 0; n > 0 && sent < turn; sent += static_cast<std::size_t>(n))
            n = send_some();
        const bool blocked = n != 0; // or had its turn
        if (n < 0 && errno != EAGAIN)
            dead_ = true;
        if (!blocked) {
            give_back();
            owned_.clear();
            if (quit_)
                ::shutdown(fd_, SHUT_WR);
        }
        if (blocked != watched_ && !dead_) {
            watched_ = blocked;
            epoll_event wanted{};
            wanted.events = EPOLLIN | (blocked ? EPOLLOUT : 0u);
            wanted.data.u64 = id_;
            require(epoll_ctl(poller, EPOLL_CTL_MOD, fd_, &wanted), "epoll_ctl");
        }
    }

private:
    // ---- TLS: OpenSSL takes what has arrived, and appends to what is to be sent.

    static session& of(BIO* bio)
    {
        return *static_cast<session*>(BIO_get_data(bio));
    }

    static int bio_read(BIO* bio, char* to, int size)
    {
        auto& from = of(bio).arrived_;
        BIO_clear_retry_flags(bio);
        const std::size_t n = from.copy(to, static_cast<std::size_t>(size));
        from.remove_prefix(n);
        if (n == 0)
            BIO_set_retry_read(bio);
        return n == 0 ? -1 : static_cast<int>(n);
    }

    static int bio_write(BIO* bio, const char* from, int size)
    {
        of(bio).out_.append(from, static_cast<std::size_t>(size));
        return size;
    }

    static long bio_control(BIO*, int command, long, void*)
    {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    void start_tls()
    {
        static BIO_METHOD* const method = [] {
            BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "session");
            BIO_meth_set_read(m, bio_read);
            BIO_meth_set_write(m, bio_write);
            BIO_meth_set_ctrl(m, bio_control);
            return m;
        }();
        BIO* bio = BIO_new(method);
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        ssl_ = SSL_new(context);
        SSL_set_bio(ssl_, bio, bio);
        SSL_set_accept_state(ssl_);
    }

    void read_tls(std::string_view data)
    {
        arrived_ = data;
        if (!SSL_is_init_finished(ssl_)) {
            const int result = SSL_do_handshake(ssl_);
            if (result == 1)
                say("+OK ready\r\n");
            else if (SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ)
                return refuse_tls();
        }
        std::array<char, record> text;
        for (int n; (n = SSL_read(ssl_, text.data(), static_cast<int>(text.size()))) > 0;)
            read({text.data(), static_cast<std::size_t>(n)});
    }

    void refuse_tls()
    {
        ERR_print_errors_fp(stderr);
        dead_ = true;
    }

    void seal(std::string_view text)
    {
        if (SSL_write(ssl_, text.data(), static_cast<int>(text.size())) <= 0)
            fail("SSL_write");
    }

    // ---- What is sent

    // `text` outlives the session.
    void say(std::string_view text)
    {
        if (!replies_.empty() && replies_.back().data() + replies_.back().size() == text.data())
            replies_.back() = std::string_view(replies_.back().data(), replies_.back().size() + text.size());
        else
            replies_.push_back(text);
    }

    void say_once(std::string text)
    {
        owned_.push_back(std::move(text));
        replies_.push_back(owned_.back());
    }

    std::string_view take(std::size_t most)
    {
        std::string_view& front = replies_.front();
        const auto taken = front.substr(0, most);
        front.remove_prefix(taken.size());
        if (front.empty())
            replies_.pop_front();
        return taken;
    }

    // What came together leaves together: small replies share a record.
    void fill()
    {
        while (!replies_.empty() && out_.size() + record < bulk) {
            if (replies_.front().size() >= record || replies_.size() == 1) {
                const std::size_t room = (bulk - out_.size()) / record * record;
                seal(take(std::min(room, std::max(replies_.front().size() / record * record, record))));
                continue;
            }
            std::array<char, record> together;
            std::size_t size = 0;
            while (size < record && !replies_.empty())
                size += take(record - size).copy(together.data() + size, record);
            seal({together.data(), size});
        }
        if (quit_ && replies_.empty() && !(SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN))
            SSL_shutdown(ssl_);
    }

    void give_back()
    {
        if (out_.capacity() < bulk)
            return;
        out_.clear();
        spare_buffers.push_back(std::move(out_));
        out_ = std::string();
        sent_ = 0;
    }

    ssize_t send_some()
    {
        if (!ssl_)
            return replies_.empty() ? 0 : send_plain();
        if (sent_ == out_.size()) {
            out_.clear();
            sent_ = 0;
            if (!replies_.empty() && out_.capacity() < bulk)
                borrow();
            if (SSL_is_init_finished(ssl_))
                fill();
        }
        if (out_.empty())
            return 0;
        const ssize_t n = ::send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
        if (n > 0)
            sent_ += static_cast<std::size_t>(n);
        return n;
    }

    void borrow()
    {
        if (spare_buffers.empty()) {
            out_.reserve(2 * bulk);
            return;
        }
        out_ = std::move(spare_buffers.back());
        spare_buffers.pop_back();
    }

    ssize_t send_plain()
    {
        const std::string_view front = replies_.front();
        const off_t at = drop->offset_of(front);
        ssize_t n = 0;
        if (front.size() >= record && at >= 0) {
            off_t from = at;
            n = ::sendfile(fd_, drop->file(), &from, front.size());
        } else {
            std::array<iovec, 64> parts;
            std::size_t count = 0;
            for (auto r = replies_.begin(); r != replies_.end() && count < parts.size(); ++r, ++count)
                parts[count] = {const_cast<char*>(r->data()), r->size()};
            msghdr message{};
            message.msg_iov = parts.data();
            message.msg_iovlen = count;
            n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
        }
        for (auto left = static_cast<std::size_t>(std::max<ssize_t>(n, 0)); left != 0;)
            left -= take(left).size();
        return n;
    }

    // ---- What is asked for

    void read(std::string_view data)
    {
        if (!begun_.empty())
            data = begun_.append(data);
        std::size_t used = 0;
        for (std::size_t end; !quit_ && (end = data.find('\n', used)) != data.npos; used = end + 1) {
            auto line = data.substr(used, end - used);
            if (line.ends_with('\r'))
                line.remove_suffix(1);
            answer(line);
        }
        begun_ = std::string(data.substr(used));
    }

    void answer(std::string_view line)
    {
        if (std::exchange(challenged_, false))
            return say("+OK\r\n");
        const auto word = [&line] {
            const auto taken = line.substr(0, line.find(' '));
            line.remove_prefix(std::min(taken.size() + 1, line.size()));
            return taken;
        };
        const auto number = [](std::string_view text) {
            std::size_t value = 0;
            for (const char c : text)
                value = value * 10 + static_cast<std::size_t>(c - '0');
            return value;
        };
        std::string verb(word());
        std::transform(verb.begin(), verb.end(), verb.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
        const bool all = line.empty();
        const std::size_t n = number(word());
        const bool exists = n >= 1 && n <= chosen.messages;

        if (verb == "RETR" && exists) {
            note_data();
            ++seen.retr;
            seen.octets += (*drop)[n].octets;
            say(drop->reply(n));
        } else if ((verb == "LIST" || verb == "UIDL") && all) {
            note_data();
            seen.listed += chosen.messages;
            say(verb == "LIST" ? drop->list() : drop->uidl());
        } else if ((verb == "LIST" || verb == "UIDL") && exists) {
            const auto what = verb == "LIST" ? std::to_string((*drop)[n].octets) : drop->unique_id(n);
            say_once("+OK " + std::to_string(n) + ' ' + what + "\r\n");
        } else if (verb == "TOP" && exists) {
            say_once(drop->top(n, number(word())));
        } else if (verb == "STAT") {
            say_once("+OK " + std::to_string(chosen.messages) + ' ' + std::to_string(drop->octets()) +
                     "\r\n");
        } else if (verb == "CAPA") {
            say(chosen.pipelining ? "+OK\r\nTOP\r\nUIDL\r\nUSER\r\nSASL PLAIN\r\nPIPELINING\r\n.\r\n"
                                  : "+OK\r\nTOP\r\nUIDL\r\nUSER\r\nSASL PLAIN\r\n.\r\n");
        } else if (verb == "USER" || verb == "PASS" || verb == "NOOP" || verb == "DELE" || verb == "RSET") {
            say("+OK\r\n");
        } else if (verb == "AUTH") { // with what it wants to say, or without
            challenged_ = line.empty();
            say(challenged_ ? "+ \r\n" : "+OK\r\n");
        } else if (verb == "QUIT") {
            quit_ = true;
            say("+OK bye\r\n");
        } else {
            say("-ERR\r\n");
        }
    }

    int fd_;
    std::uint64_t id_;
    time_point ready_; // TCP's handshake would have taken as long
    std::deque<std::pair<event, std::string>> held_;
    SSL* ssl_ = nullptr;
    std::string_view arrived_; // ciphertext, for OpenSSL
    std::string begun_;        // a command that has not come in full
    std::deque<std::string_view> replies_;
    std::deque<std::string> owned_; // replies that are nobody else's
    std::string out_;               // ciphertext
    std::size_t sent_ = 0;          // of it
    bool challenged_ = false;       // the next line is no command, but the answer to AUTH's challenge
    bool quit_ = false;
    bool dead_ = false;
    bool watched_ = false; // for room to send
};

// ---- The loop -----------------------------------------------------------------------------------

class server {
public:
    server() : listener_(listen()), signals_(watch_signals()), timer_(make_timer())
    {
        poller = require(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
        for (const int fd : {listener_, signals_, timer_})
            watch(fd, static_cast<std::uint64_t>(fd));
    }

    int port() const
    {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        require(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
        return ntohs(address.sin_port);
    }

    // Until a signal, and then for as long as clients need to go: what they said last may be held back.
    void run()
    {
        while (!stopping_ || (!sessions_.empty() && clock_type::now() < until_)) {
            std::array<epoll_event, 256> events;
            const int n =
                epoll_wait(poller, events.data(), static_cast<int>(events.size()), stopping_ ? 50 : -1);
            for (int i = 0; i < n; ++i)
                handle(events[static_cast<std::size_t>(i)]);
            release_due();
        }
    }

private:
    // Sessions are numbered from here, so that none is taken for one of the three.
    static constexpr std::uint64_t first_id = 1u << 20;

    static int listen()
    {
        const int fd = require(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
        const int one = 1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        // BBR, the default of some hosts, paces: on loopback that measures pauses.
        setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(chosen.port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        require(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
        require(::listen(fd, 4096), "listen");
        return fd;
    }

    static int watch_signals()
    {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        sigprocmask(SIG_BLOCK, &signals, nullptr);
        return require(signalfd(-1, &signals, SFD_CLOEXEC), "signalfd");
    }

    static int make_timer()
    {
        return require(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create");
    }

    static void watch(int fd, std::uint64_t id)
    {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = id;
        require(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    }

    void handle(const epoll_event& event)
    {
        const auto id = event.data.u64;
        if (id == static_cast<std::uint64_t>(listener_)) {
            accept();
        } else if (id == static_cast<std::uint64_t>(timer_)) {
            std::uint64_t times = 0;
            armed_ = time_point::max();
            static_cast<void>(!::read(timer_, &times, sizeof times));
        } else if (id == static_cast<std::uint64_t>(signals_)) {
            stopping_ = true;
            until_ = clock_type::now() + std::chrono::seconds(1);
        } else if (const auto found = sessions_.find(id); found != sessions_.end()) {
            if (event.events & EPOLLOUT)
                found->second->send();
            if (!found->second->dead() && event.events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                read(*found->second, id);
            end_if_dead(id);
        }
    }

    void accept()
    {
        for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
            const int one = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            if (seen.sessions++ == 0) {
                seen.connected = clock_type::now();
                seen.cpu_connected = cpu_seconds();
            }
            const auto id = next_++;
            watch(fd, id);
            auto& made = *(sessions_[id] = std::make_unique<session>(fd, id));
            arrive(made, id, session::event::connected, {});
        }
        if (errno != EAGAIN)
            fail("accept");
    }

    void read(session& from, std::uint64_t id)
    {
        static std::array<char, bulk> data;
        const ssize_t n = recv(from.fd(), data.data(), data.size(), 0);
        if (n > 0) {
            arrive(from, id, session::event::data, {data.data(), static_cast<std::size_t>(n)});
        } else if (n == 0 || errno != EAGAIN) {
            epoll_ctl(poller, EPOLL_CTL_DEL, from.fd(), nullptr);
            arrive(from, id, session::event::end, {});
        }
    }

    void arrive(session& at, std::uint64_t id, session::event what, std::string_view data)
    {
        if (chosen.rtt.count() == 0)
            at.handle(what, data);
        else
            due_.emplace(at.hold(what, data), id);
    }

    void release_due()
    {
        while (!due_.empty() && due_.top().first <= clock_type::now()) {
            const auto id = due_.top().second;
            due_.pop();
            if (const auto found = sessions_.find(id); found != sessions_.end()) {
                found->second->release();
                end_if_dead(id);
            }
        }
        if (!due_.empty() && due_.top().first < armed_)
            arm(due_.top().first);
    }

    // epoll_wait counts in milliseconds: too coarse for round trips of one.
    void arm(time_point at)
    {
        armed_ = at;
        const auto count = at.time_since_epoch().count();
        itimerspec when{};
        when.it_value.tv_sec = count / 1'000'000'000;
        when.it_value.tv_nsec = count % 1'000'000'000;
        require(timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr), "timerfd_settime");
    }

    void end_if_dead(std::uint64_t id)
    {
        const auto found = sessions_.find(id);
        if (!found->second->dead())
            return;
        sessions_.erase(found);
        seen.ended = clock_type::now();
        if (sessions_.empty() || sessions_.size() % 64 == 0)
            seen.cpu_ended = cpu_seconds();
    }

    int listener_;
    int signals_;
    int timer_;
    bool stopping_ = false;
    time_point until_;
    time_point armed_ = time_point::max();
    std::uint64_t next_ = first_id;
    std::unordered_map<std::uint64_t, std::unique_ptr<session>> sessions_;
    using when_and_who = std::pair<time_point, std::uint64_t>;
    std::priority_queue<when_and_who, std::vector<when_and_who>, std::greater<>> due_;
};

// TLS 1.3 alone, so that all clients do the same work.
asio::ssl::context make_context(const pop3::testing::certificate& identity)
{
    asio::ssl::context made(asio::ssl::context::tls_server);
    identity.load_into(made);
    SSL_CTX* handle = made.native_handle();
    if (SSL_CTX_set_min_proto_version(handle, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(handle, "TLS_AES_256_GCM_SHA384") != 1 ||
        SSL_CTX_set_num_tickets(handle, chosen.tickets) != 1)
        fail("TLS");
    SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(handle, SSL_MODE_RELEASE_BUFFERS);
    return made;
}

bool parse(int argc, char** argv)
{
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--tls") {
            chosen.tls = true;
        } else if (name == "--no-pipelining") {
            chosen.pipelining = false;
        } else if (i + 1 == argc) {
            return false;
        } else {
            const char* value = argv[++i];
            const auto count = static_cast<std::size_t>(std::strtoul(value, nullptr, 10));
            if (name == "--ca")
                chosen.ca = value;
            else if (name == "--messages")
                chosen.messages = count;
            else if (name == "--size")
                chosen.mixed = value == std::string_view("mixed"), chosen.size = count;
            else if (name == "--store-mib")
                chosen.store = count << 20;
            else if (name == "--rtt-ms")
                chosen.rtt =
                    std::chrono::nanoseconds(static_cast<std::int64_t>(std::strtod(value, nullptr) * 1e6));
            else if (name == "--tickets")
                chosen.tickets = count;
            else if (name == "--port")
                chosen.port = static_cast<int>(count);
            else
                return false;
        }
    }
    return chosen.messages != 0;
}

} // namespace

int main(int argc, char** argv)
{
    if (!parse(argc, argv)) {
        std::fputs("usage: server [--tls] [--ca FILE] [--messages N] [--size OCTETS|mixed] [--store-mib M] "
                   "[--rtt-ms MS]\n"
                   "              [--tickets K] [--no-pipelining] [--port P]\n",
                   stderr);
        return 2;
    }
    const pop3::testing::certificate identity;
    asio::ssl::context tls = make_context(identity);
    context = tls.native_handle();
    if (!chosen.ca.empty() && !(std::ofstream(chosen.ca) << identity.pem() << std::flush))
        fail(chosen.ca.c_str());
    const maildrop mail;
    drop = &mail;
    server loop;
    std::printf("port=%d messages=%zu distinct=%zu octets=%ju\n", loop.port(), chosen.messages,
                mail.distinct(), std::uintmax_t{mail.octets()});
    std::fflush(stdout);
    loop.run();
    print_report();
}
