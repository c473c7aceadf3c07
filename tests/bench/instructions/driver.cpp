// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What a command costs in the whole library but TLS and the socket: typed session, driver, pipeline, limits, deadline, parser,
// sink. The server is memory, so that what is counted is the same in each run:
//
//     valgrind --tool=callgrind --toggle-collect=measured ./driver pipeline 100000 512
//
// pipeline: RETR of so many messages of so many octets into a sink; stored: the same, the commands in a vector; single: the
// same one by one; stat: STAT one by one; list: a streamed listing of so many entries. Prints what was read, for comparison.

#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

/// What the server is going to say: `text` so many times, at once or whenever the client has sent something.
struct server {
    void say(std::string what, std::size_t times, bool when_asked)
    {
        text = std::move(what);
        at = 0;
        now = when_asked ? 0 : times;
        when_asked_for = when_asked ? times : 0;
    }

    std::string text;
    std::size_t at = 0;
    std::size_t now = 0;
    std::size_t when_asked_for = 0;
};

/// The client's end.
class memory_stream {
public:
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = memory_stream;

    memory_stream(executor_type executor, std::shared_ptr<server> s)
        : executor_(std::move(executor)), server_(std::move(s))
    {
    }

    executor_type get_executor() const
    {
        return executor_;
    }

    memory_stream& lowest_layer()
    {
        return *this;
    }

    void close(std::error_code& ec)
    {
        ec = {};
    }

    /// Nothing comes unasked, though what comes is there before it is asked for.
    void say_goodbye() noexcept
    {
    }

    bool is_quiet() noexcept
    {
        return true;
    }

    std::size_t read_now(asio::mutable_buffer into, std::error_code& ec)
    {
        auto& s = *server_;
        // As large as a TLS record.
        const auto room = std::min<std::size_t>(into.size(), 16384);
        std::size_t n = 0;
        while (n != room && s.now != 0) {
            const auto k = std::min(room - n, s.text.size() - s.at);
            std::memcpy(static_cast<char*>(into.data()) + n, s.text.data() + s.at, k);
            n += k;
            s.at += k;
            if (s.at == s.text.size()) {
                s.at = 0;
                --s.now;
            }
        }
        if (n == 0)
            ec = asio::error::would_block;
        return n;
    }

    std::size_t write_now(asio::const_buffer from, std::error_code&)
    {
        auto& s = *server_;
        if (s.when_asked_for != 0) {
            --s.when_asked_for;
            ++s.now;
        }
        return from.size();
    }

    template <class Handler>
    void async_readable(Handler&& handler)
    {
        asio::post(executor_, std::forward<Handler>(handler));
    }

    // Asked for by the concept, and never called.
    template <class Handler>
    void async_read_some(asio::mutable_buffer, Handler&&)
    {
        std::abort();
    }

    template <class Buffers, class Handler>
    void async_write_some(const Buffers&, Handler&&)
    {
        std::abort();
    }

private:
    executor_type executor_;
    std::shared_ptr<server> server_;
};

} // namespace

template <>
inline constexpr bool pop3::is_secure_stream<memory_stream> = true;

template <>
inline constexpr bool pop3::detail::is_buffered_stream<memory_stream> = true;

namespace {

using mailbox_type = pop3::session<pop3::transaction, memory_stream>;

std::uint64_t octets = 0;
std::uint64_t units = 0;

struct counting_sink {
    void operator()(std::span<const char> piece) const
    {
        octets += piece.size();
    }
};

asio::awaitable<mailbox_type> log_in(asio::any_io_executor executor, std::shared_ptr<server> s)
{
    s->say("+OK\r\n", 1, false);
    auto greeted = co_await pop3::async_greet(memory_stream(executor, s));
    s->say("+OK\r\nPIPELINING\r\n.\r\n", 1, true);
    co_await greeted.async_capa();
    s->say("+OK\r\n", 2, true);
    const pop3::password who("bench", "bench");
    co_return co_await std::move(greeted).async_login(who);
}

asio::awaitable<void> work(mailbox_type& mailbox, std::string_view what, std::uint32_t n)
{
    if (what == "pipeline") {
        auto retrs = std::views::iota(1u, n + 1) | std::views::transform([](std::uint32_t i) {
                         return pop3::command::retr_to(i, counting_sink());
                     });
        units += co_await mailbox.async_pipeline(
            retrs, [](std::size_t, const pop3::reply<pop3::delivery>& reply) { octets += reply->complete; });
    } else if (what == "stored") {
        std::vector<decltype(pop3::command::retr_to(1, counting_sink()))> retrs;
        retrs.reserve(n);
        for (std::uint32_t i = 1; i <= n; ++i)
            retrs.push_back(pop3::command::retr_to(i, counting_sink()));
        units += co_await mailbox.async_pipeline(
            std::move(retrs),
            [](std::size_t, const pop3::reply<pop3::delivery>& reply) { octets += reply->complete; });
    } else if (what == "single") {
        for (std::uint32_t i = 1; i <= n; ++i, ++units)
            co_await mailbox.async_retr(i, counting_sink());
    } else if (what == "stat") {
        for (std::uint32_t i = 1; i <= n; ++i, ++units)
            octets += (co_await mailbox.async_stat()).octets;
    } else {
        const auto listed =
            co_await mailbox.async_list([](pop3::scan_listing entry) { octets += entry.octets; });
        units += listed.entries;
    }
}

void prepare(server& s, std::string_view what, std::size_t n, std::size_t size)
{
    std::string text = "+OK\r\n";
    if (what == "list") {
        for (std::size_t i = 1; i <= n; ++i)
            text += std::to_string(i) + " 4096\r\n";
        s.say(text + ".\r\n", 1, true);
        return;
    }
    if (what == "stat")
        return s.say("+OK 3 4096\r\n", n, true);
    while (text.size() + 78 <= size)
        text.append(76, 'x').append("\r\n");
    s.say(text + ".\r\n", n, what == "single");
}

} // namespace

// By its name, callgrind knows what to count.
extern "C" [[gnu::noinline]] void measured(asio::io_context& context)
{
    context.run();
}

int main(int argc, char** argv)
{
    if (argc < 3) {
        std::fputs("usage: driver pipeline|stored|single|stat|list N [OCTETS]\n", stderr);
        return 2;
    }
    const std::string_view what = argv[1];
    const auto n = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10));
    const std::size_t size = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 4096;
    asio::io_context context(1);
    auto s = std::make_shared<server>();
    mailbox_type mailbox;
    const auto fail = [](std::exception_ptr e) {
        if (e)
            std::rethrow_exception(e);
    };
    asio::co_spawn(
        context, [&]() -> asio::awaitable<void> { mailbox = co_await log_in(context.get_executor(), s); },
        fail);
    context.run();
    prepare(*s, what, n, size);
    asio::co_spawn(context, work(mailbox, what, n), fail);
    context.restart();
    measured(context);
    std::printf("units=%llu octets=%llu\n", static_cast<unsigned long long>(units),
                static_cast<unsigned long long>(octets));
}
