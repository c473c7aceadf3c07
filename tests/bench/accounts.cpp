// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// accounts [ACCOUNTS [SILENT [LATENCY [HOSTS]]]]
//
// Fetches so many accounts (10,000) of three small messages each by async_fetch_all, over TCP, from a server in a process of its
// own. So many of them (0), at random, have a server that accepts a connection and never says a word. LATENCY: each login takes so
// many milliseconds more (0). HOSTS: so many host names, or, with 0, one for each account. Messages are only counted. Prints when the last account was
// fetched of those whose server speaks, when all ended, the processor's time, and the most descriptors and memory.

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using asio::ip::tcp;
using clock_type = std::chrono::steady_clock;

std::string user(std::size_t i)
{
    return "u" + std::to_string(i);
}

/// Where the servers are.
struct ports {
    std::uint16_t speaking = 0;
    std::uint16_t silent = 0;
};

/// The servers; does not return.
[[noreturn]] void serve(std::size_t accounts, int told)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    pop3::testing::server_options options;
    options.tls = false;
    for (std::size_t i = 0; i != accounts; ++i)
        options.accounts.emplace_back(user(i), "secret",
                                      std::vector<std::string>(3, "Subject: x\r\n\r\n" + user(i) + "\r\n"));
    asio::io_context context(1);
    pop3::testing::server server(context.get_executor(), std::move(options));
    // The kernel accepts for it.
    tcp::acceptor silent(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    silent.listen(10'000);
    const ports p{server.port(), silent.local_endpoint().port()};
    if (::write(told, &p, sizeof p) == sizeof p)
        context.run();
    std::_Exit(1);
}

ports start_servers(std::size_t accounts)
{
    int ends[2];
    if (::pipe(ends) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    if (::fork() == 0)
        serve(accounts, ends[1]);
    ports p;
    if (::read(ends[0], &p, sizeof p) != sizeof p)
        throw std::runtime_error("no server");
    ::close(ends[0]);
    ::close(ends[1]);
    return p;
}

/// An account over TCP.
class account {
    using greeted = pop3::session<pop3::authorization, pop3::cleartext_stream>;

public:
    using session_type = pop3::session<pop3::transaction, pop3::cleartext_stream>;

    account(std::string name, std::string host, std::uint16_t port, std::chrono::milliseconds latency)
        : user_(std::move(name)), host_(std::move(host)), latency_(latency)
    {
        connect_.endpoints.emplace_back(asio::ip::address_v4::loopback(), port);
    }

    std::string name() const
    {
        return user_ + '@' + host_;
    }

    template <class Handler>
    void async_open(const asio::any_io_executor& executor, pop3::pipelining how, Handler handler) const
    {
        auto connect = connect_;
        connect.pipelining = how;
        const auto slot = asio::get_associated_cancellation_slot(handler);
        auto log_in = [credentials = pop3::password(user_, "secret"), latency = latency_, executor, slot,
                       h = std::move(handler)](std::error_code ec, pop3::reply<greeted> said) mutable {
            if (ec || !said)
                return std::move(h)(ec, ec ? pop3::reply<session_type>()
                                           : pop3::reply<session_type>(std::move(said).error()));
            auto timer = std::make_shared<asio::steady_timer>(executor, latency);
            auto then = [timer, slot, credentials, h = std::move(h),
                         session = *std::move(said)](std::error_code) mutable {
                auto done = [h = std::move(h)](std::error_code e,
                                               pop3::reply<session_type, greeted> in) mutable {
                    if (e || !in)
                        return std::move(h)(e, e ? pop3::reply<session_type>()
                                                 : pop3::reply<session_type>(std::move(in).error()));
                    std::move(h)(e, pop3::reply<session_type>(*std::move(in)));
                };
                std::move(session).async_login(credentials, pop3::login_options("PLAIN"),
                                               asio::bind_cancellation_slot(slot, std::move(done)));
            };
            timer->async_wait(asio::bind_cancellation_slot(slot, std::move(then)));
        };
        pop3::async_connect(executor, pop3::allow_cleartext, host_, connect,
                            asio::bind_cancellation_slot(slot, std::move(log_in)));
    }

private:
    std::string user_;
    std::string host_;
    std::chrono::milliseconds latency_;
    pop3::connect_options connect_;
};

/// Counts.
class counter {
public:
    explicit counter(std::size_t& total) : total_(total)
    {
    }

    void begin(const pop3::arriving_message&, std::error_code& ec)
    {
        ec.clear();
    }

    void write(std::span<const char>, std::error_code& ec)
    {
        ec.clear();
    }

    void end(std::error_code& ec)
    {
        ec.clear();
        ++ended_;
    }

    void discard()
    {
    }

    std::vector<pop3::kept> commit(std::error_code& ec)
    {
        ec.clear();
        total_ += ended_;
        return std::vector(std::exchange(ended_, 0), pop3::kept::yes);
    }

private:
    std::size_t& total_;
    std::size_t ended_ = 0;
};

/// Looks now and then how many descriptors there are.
class descriptors {
public:
    explicit descriptors(asio::io_context& context) : timer_(context)
    {
        look();
    }

    std::size_t most() const
    {
        return most_;
    }

    void stop()
    {
        timer_.cancel();
    }

private:
    void look()
    {
        const auto now = std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                       std::filesystem::directory_iterator());
        most_ = (std::max)(most_, static_cast<std::size_t>(now));
        timer_.expires_after(std::chrono::milliseconds(50));
        timer_.async_wait([this](std::error_code ec) {
            if (!ec)
                look();
        });
    }

    asio::steady_timer timer_;
    std::size_t most_ = 0;
};

double seconds(clock_type::duration d)
{
    return std::chrono::duration<double>(d).count();
}

void run(std::size_t accounts, std::size_t silent, std::chrono::milliseconds latency, std::size_t hosts)
{
    const auto to = start_servers(accounts);
    std::vector<bool> speaks(accounts, true);
    std::fill_n(speaks.begin(), silent, false);
    std::shuffle(speaks.begin(), speaks.end(), std::mt19937(1));

    asio::io_context context(1);
    descriptors open(context);
    pop3::seen_memory seen;
    std::size_t messages = 0;
    std::size_t i = 0;
    const auto next = [&]() -> std::optional<pop3::fetch_task> {
        if (i == accounts)
            return {};
        pop3::fetch_options options;
        options.retry.tries = 1;
        const auto host = "h" + std::to_string(hosts == 0 ? i : i % hosts);
        account a(user(i), host, speaks[i] ? to.speaking : to.silent, latency);
        ++i;
        return pop3::fetch_task(std::move(a), seen, std::make_unique<counter>(messages),
                                pop3::delete_after_delivery(), options);
    };

    const auto begun = clock_type::now();
    auto last = begun;
    std::size_t good = 0;
    pop3::fetch_all_options options;
    options.on_report = [&](const pop3::fetch_report& r) {
        if (!r.error && ++good == accounts - silent)
            last = clock_type::now();
    };
    pop3::async_fetch_all(
        context.get_executor(), next, options, [&](std::error_code, const pop3::fetch_summary& s) {
            open.stop();
            std::printf("accounts=%zu failed=%zu messages=%zu\n", s.accounts, s.failed, messages);
            if (!s.problems.empty())
                std::printf("%s: %s\n", s.problems[0].account.c_str(), s.problems[0].error.message().c_str());
        });
    context.run();
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    std::printf("speaking=%.2f all=%.2f user=%ld.%02ld system=%ld.%02ld descriptors=%zu peak_kib=%ld\n",
                seconds(last - begun), seconds(clock_type::now() - begun), used.ru_utime.tv_sec,
                used.ru_utime.tv_usec / 10'000, used.ru_stime.tv_sec, used.ru_stime.tv_usec / 10'000,
                open.most(), used.ru_maxrss);
}

} // namespace

int main(int argc, char** argv)
{
    const auto argument = [&](int which, std::size_t otherwise) {
        return which < argc ? std::stoul(argv[which]) : otherwise;
    };
    try {
        run(argument(1, 10'000), argument(2, 0), std::chrono::milliseconds(argument(3, 0)), argument(4, 0));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "accounts: %s\n", e.what());
        return 1;
    }
}
