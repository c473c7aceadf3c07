// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// curl HOST PORT tls|plain|list|sessions|once N
//
// libcurl, as its manual would have it: one easy handle that is used again for each message, because libcurl does not
// pipeline POP3; for many sessions the multi interface with curl_multi_socket_action() over epoll, one connection for each
// session.
//
// The environment variable BENCH_CA is the file with the certificate to trust, and BENCH_ROOTS the one with the system's roots
// as well.

#include "report.hpp"

#include <curl/curl.h>

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::uint64_t messages = 0;
std::uint64_t octets = 0;
std::uint64_t lines = 0;
const char* roots = nullptr;

std::size_t count_octets(char*, std::size_t, std::size_t n, void*)
{
    octets += n;
    return n;
}

std::size_t count_lines(char* data, std::size_t, std::size_t n, void*)
{
    lines += static_cast<std::size_t>(std::count(data, data + n, '\n'));
    return n;
}

void require(CURLcode code)
{
    if (code == CURLE_OK)
        return;
    std::fprintf(stderr, "%s\n", curl_easy_strerror(code));
    std::exit(1);
}

CURL* make_easy(const std::string& user)
{
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_USERNAME, user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, "bench");
    curl_easy_setopt(easy, CURLOPT_CAINFO, std::getenv(roots));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_octets);
    return easy;
}

void one_session(const std::string& server, bool list, std::size_t n)
{
    CURL* easy = make_easy("bench");
    const auto perform = [&](const std::string& url) {
        curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
        require(curl_easy_perform(easy));
    };
    if (list) {
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_lines);
        for (const char* verb : {"UIDL", "LIST"}) {
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, verb);
            perform(server);
        }
        messages = lines / 2;
    } else {
        for (; messages != n; ++messages)
            perform(server + std::to_string(messages + 1));
    }
    curl_easy_cleanup(easy);
}

// ---- Many sessions ------------------------------------------------------------------------------

int poller = -1;
long wait_ms = -1;

int on_timer(CURLM*, long ms, void*)
{
    wait_ms = ms;
    return 0;
}

int on_socket(CURL*, curl_socket_t fd, int what, void*, void*)
{
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(poller, EPOLL_CTL_DEL, fd, nullptr);
        return 0;
    }
    epoll_event event{};
    event.data.fd = fd;
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event) != 0)
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    return 0;
}

// STAT, RETR 1 to 3, QUIT: transfers that libcurl does on one connection, because they have a user of their own.
class session {
public:
    session(CURLM* multi, const std::string& server, std::size_t index)
        : multi_(multi), server_(server), easy_(make_easy("user" + std::to_string(index)))
    {
        curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
        begin();
    }

    // False at the end.
    bool next(CURLcode result)
    {
        curl_multi_remove_handle(multi_, easy_);
        if (step_ == quit) {
            curl_easy_cleanup(easy_);
            return false;
        }
        require(result);
        messages += step_ != stat;
        ++step_;
        begin();
        return true;
    }

private:
    static constexpr int stat = 0;
    static constexpr int quit = 4;

    void begin()
    {
        const bool retr = step_ != stat && step_ != quit;
        curl_easy_setopt(easy_, CURLOPT_URL, (retr ? server_ + std::to_string(step_) : server_).c_str());
        curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, retr ? nullptr : step_ == stat ? "STAT" : "QUIT");
        curl_easy_setopt(easy_, CURLOPT_NOBODY, retr ? 0L : 1L);
        curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, step_ == quit ? 1L : 0L);
        curl_multi_add_handle(multi_, easy_);
    }

    CURLM* multi_;
    const std::string& server_;
    CURL* easy_;
    int step_ = stat;
};

void many_sessions(const std::string& server, std::size_t n)
{
    poller = epoll_create1(EPOLL_CLOEXEC);
    CURLM* multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(n));
    std::vector<session> all;
    all.reserve(n);
    for (std::size_t i = 0; i < n; ++i)
        all.emplace_back(multi, server, i);

    int running = 0;
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    for (std::size_t open = n; open != 0;) {
        std::array<epoll_event, 256> events;
        const int timeout = static_cast<int>(wait_ms < 0 ? 1000 : std::min(wait_ms, 1000L));
        const int ready = epoll_wait(poller, events.data(), static_cast<int>(events.size()), timeout);
        if (ready == 0)
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        for (int i = 0; i < ready; ++i) {
            const epoll_event& e = events[static_cast<std::size_t>(i)];
            const int what = (e.events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                             (e.events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                             (e.events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(multi, e.data.fd, what, &running);
        }
        int left = 0;
        while (const CURLMsg* said = curl_multi_info_read(multi, &left)) {
            session* s = nullptr;
            curl_easy_getinfo(said->easy_handle, CURLINFO_PRIVATE, &s);
            open -= !s->next(said->data.result);
        }
    }
    curl_multi_cleanup(multi);
    close(poller);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 5) {
        std::fputs("usage: curl HOST PORT tls|plain|list|sessions|once N\n", stderr);
        return 2;
    }
    const std::string_view mode = argv[3];
    if (mode != "tls" && mode != "plain" && mode != "list" && mode != "sessions" && mode != "once")
        return 77;
    roots = mode == "once" ? "BENCH_ROOTS" : "BENCH_CA";
    const std::string server =
        (mode == "plain" ? "pop3://" : "pop3s://") + std::string(argv[1]) + ':' + argv[2] + '/';
    const std::size_t n = std::strtoul(argv[4], nullptr, 10);
    curl_global_init(CURL_GLOBAL_ALL);
    if (mode == "sessions")
        many_sessions(server, n);
    else
        one_session(server, mode == "list", n);
    curl_global_cleanup();
    bench::report(messages, octets);
}
