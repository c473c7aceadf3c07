// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Commands in the steady state allocate nothing but what their result holds, if the handler's allocator recycles.

#include "support/counted_new.hpp"
#include "support/run.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_allocator.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/recycling_allocator.hpp>
#include <asio/socket_base.hpp>
#include <asio/steady_timer.hpp>
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

namespace command = pop3::command;

/// Memory that was given back is kept, and given again. Of one thread.
class kept_memory {
public:
    void* take(std::size_t size)
    {
        auto& kept = of(size);
        if (kept.empty())
            return ::operator new(rounded(size));
        void* const octets = kept.back();
        kept.pop_back();
        return octets;
    }

    void give_back(void* octets, std::size_t size)
    {
        of(size).push_back(octets);
    }

    ~kept_memory()
    {
        for (auto& kept : blocks_)
            for (void* const octets : kept)
                ::operator delete(octets);
    }

private:
    static constexpr std::size_t step = 64;

    static std::size_t rounded(std::size_t size)
    {
        return (size / step + 1) * step;
    }

    std::vector<void*>& of(std::size_t size)
    {
        return blocks_.at(size / step);
    }

    std::array<std::vector<void*>, 256> blocks_;
};

template <class T>
struct kept_allocator {
    using value_type = T;

    explicit kept_allocator(kept_memory& m) : memory(&m)
    {
    }

    template <class U>
    kept_allocator(const kept_allocator<U>& other) : memory(other.memory)
    {
    }

    T* allocate(std::size_t n)
    {
        return static_cast<T*>(memory->take(n * sizeof(T)));
    }

    void deallocate(T* p, std::size_t n)
    {
        memory->give_back(p, n * sizeof(T));
    }

    friend bool operator==(const kept_allocator&, const kept_allocator&) = default;

    kept_memory* memory;
};

/// Memory of a handler's own, which may be gone once it has been called.
struct arena {
    bool gone = false;
    std::size_t live = 0;
    std::size_t too_late = 0; // how often it was used when it was gone
};

template <class T>
struct arena_allocator {
    using value_type = T;

    explicit arena_allocator(arena& a) : memory(&a)
    {
    }

    template <class U>
    arena_allocator(const arena_allocator<U>& other) : memory(other.memory)
    {
    }

    T* allocate(std::size_t n)
    {
        memory->too_late += memory->gone ? 1 : 0;
        ++memory->live;
        return std::allocator<T>().allocate(n);
    }

    void deallocate(T* p, std::size_t n)
    {
        memory->too_late += memory->gone ? 1 : 0;
        --memory->live;
        std::allocator<T>().deallocate(p, n);
    }

    friend bool operator==(const arena_allocator&, const arena_allocator&) = default;

    arena* memory;
};

/// A pipeline over a connection that takes little ahead, to a server that does not read until `read_on`.
template <class Stream>
struct stuck_pipeline {
    using peer_stream = test::peer_stream_of<Stream>;
    static constexpr int commands = 100'000;

    /// answers: how many the server gives to what it has not read.
    explicit stuck_pipeline(int answers)
        : peer([this, answers](peer_stream& stream) {
              stream.lowest_layer().set_option(asio::socket_base::receive_buffer_size(65536));
              test::server_end<peer_stream> end(stream);
              end.say("+OK ready\r\n");
              for (int i = 0; i != 3; ++i) {
                  const auto line = end.line();
                  end.say(line == "CAPA" ? test::capa_with_pipelining : "+OK\r\n");
              }
              end.line(); // the first of the pipeline
              std::string all;
              for (int i = 0; i != answers; ++i)
                  all += "+OK\r\n";
              end.say(all);
              may_read.get_future().wait();
              int heard = 1;
              while (!end.line().empty())
                  ++heard;
              all_heard.set_value(heard);
          })
    {
        test::run(context, [this]() -> asio::awaitable<void> {
            auto stream = co_await test::open_to<Stream>(peer);
            stream.lowest_layer().set_option(asio::socket_base::send_buffer_size(65536));
            pop3::connect_options options;
            options.limits.pipeline_commands = commands;
            options.limits.pipeline_octets = 64u << 20;
            auto greeted = co_await pop3::async_greet(std::move(stream), options);
            const pop3::password alice("alice", "secret");
            mailbox = co_await std::move(greeted).async_login(alice);
        });
    }

    ~stuck_pipeline()
    {
        read_on();
        mailbox.reset();
        context.restart();
        context.poll();
    }

    /// Runs it until all of it has ended, the write as well. `on_reply` as for `async_pipeline`; `cancel`: from outside, when
    /// nothing goes on.
    template <class OnReply>
    void run(OnReply on_reply, bool cancel = false)
    {
        asio::cancellation_signal signal;
        std::vector<command::dele> deles(commands, command::dele(1));
        mailbox->async_pipeline(
            std::move(deles), on_reply,
            asio::bind_cancellation_slot(
                signal.slot(),
                asio::bind_allocator(arena_allocator<char>(memory), [&](std::error_code e, std::size_t n) {
                    ec = e;
                    answered = n;
                    live_at_end = memory.live;
                    memory.gone = true;
                    read_on();
                })));
        context.restart();
        context.poll_one(); // it begins there
        used = memory.live != 0;
        asio::steady_timer timer(context, std::chrono::milliseconds(50));
        if (cancel)
            timer.async_wait([&](std::error_code) { signal.emit(asio::cancellation_type::terminal); });
        test::run(context);
        CHECK(used);
        CHECK(memory.gone);
        CHECK(live_at_end == 0);
        CHECK(memory.too_late == 0);
    }

    void read_on()
    {
        if (!std::exchange(reads_on, true))
            may_read.set_value();
    }

    arena memory;
    std::error_code ec;
    std::size_t answered = 0;
    std::size_t live_at_end = 0;
    bool used = false;
    bool reads_on = false;
    std::promise<void> may_read;
    std::promise<int> all_heard;
    asio::io_context context{1};
    test::peer_of<Stream> peer;
    std::optional<pop3::session<pop3::transaction, Stream>> mailbox;
};

template <class Stream>
struct fixture {
    using peer_stream = test::peer_stream_of<Stream>;

    fixture()
        : peer([](peer_stream& stream) {
              const std::string message = "+OK\r\n" + std::string(3000, 'x') + "\r\n.\r\n";
              test::serve(stream, [&](test::server_end<peer_stream>& end, const std::string& line) {
                  if (line.starts_with("RETR"))
                      end.say(message);
                  else if (line == "LIST")
                      end.say("+OK\r\n1 120\r\n2 200\r\n.\r\n");
                  else
                      end.say("+OK 2 320\r\n");
              });
          })
    {
        test::run(context,
                  [this]() -> asio::awaitable<void> { mailbox = co_await test::log_in_to<Stream>(peer); });
    }

    /// How many allocations 200 operations make, one after the other, after a few others. `start(handler)` starts one.
    template <class Allocator, class Start>
    std::size_t count(const Allocator& allocator, Start start)
    {
        constexpr int warm_up = 20;
        constexpr int all = 220;
        struct loop {
            Allocator allocator;
            Start start;
            int done = 0;
            std::size_t before = 0;
            std::size_t after = 0;

            void next()
            {
                if (done == warm_up)
                    before = test::allocations;
                if (done == all) {
                    after = test::allocations;
                    return;
                }
                start(asio::bind_allocator(allocator, [this](std::error_code ec, const auto& reply) {
                    if (ec || !reply)
                        FAIL_CHECK("operation " << done << ": " << ec.message());
                    ++done;
                    next();
                }));
            }
        };
        loop l{allocator, start};
        l.next();
        run();
        CHECK(l.done == all);
        return l.after - l.before;
    }

    /// How many allocations a pipeline of `n` commands makes.
    template <class Allocator>
    std::size_t count_pipeline(const Allocator& allocator, int n)
    {
        std::size_t octets = 0;
        const auto save = [&octets](std::span<const char> piece) {
            octets += piece.size();
        };
        std::vector<decltype(command::retr_to(1, save))> commands;
        for (int i = 1; i <= n; ++i)
            commands.push_back(command::retr_to(i, save));
        std::size_t answered = 0;
        const auto before = test::allocations;
        mailbox->async_pipeline(
            std::move(commands), [](std::size_t, pop3::reply<pop3::delivery>) {},
            asio::bind_allocator(allocator, [&](std::error_code, std::size_t count) { answered = count; }));
        run();
        const auto made = test::allocations - before;
        CHECK(answered == static_cast<std::size_t>(n));
        CHECK(octets == answered * 3002);
        return made;
    }

    /// Asio keeps memory for as long as `run` runs; not from one handler to the next in `run_for`.
    void run()
    {
        context.restart();
        context.run();
    }

    asio::io_context context{1};
    test::peer_of<Stream> peer;
    std::optional<pop3::session<pop3::transaction, Stream>> mailbox;
};

} // namespace

TEST_SUITE_BEGIN("allocations");

TEST_CASE("what is allocated is counted")
{
    const auto before = test::allocations;
    const auto live = test::live_octets.load();
    {
        const std::vector<char> some(1000);
        CHECK(test::allocations == before + 1);
        CHECK(test::live_octets == live + 1000);
    }
    CHECK(test::live_octets == live);
    asio::recycling_allocator<char> outside; // of a thread that runs things
    outside.deallocate(outside.allocate(1), 1);
    CHECK(test::allocations == before + 2);
}

TEST_CASE_TEMPLATE("a command allocates nothing", Stream, pop3::cleartext_stream, pop3::tls_stream)
{
    kept_memory memory;
    fixture<Stream> f;
    auto& mailbox = *f.mailbox;
    std::size_t octets = 0;
    const auto save = [&octets](std::span<const char> piece) {
        octets += piece.size();
    };
    const auto check = [&](const auto& allocator) {
        CHECK(f.count(allocator, [&](auto handler) { mailbox.async_stat(std::move(handler)); }) == 0);
        CHECK(f.count(allocator, [&](auto handler) { mailbox.async_noop(std::move(handler)); }) == 0);
        CHECK(f.count(allocator, [&](auto handler) { mailbox.async_dele(1, std::move(handler)); }) == 0);
        CHECK(f.count(allocator, [&](auto handler) { mailbox.async_retr(1, save, std::move(handler)); }) ==
              0);
        CHECK(f.count(allocator, [&](auto handler) {
            mailbox.async_list([&](pop3::scan_listing entry) { octets += entry.octets; }, std::move(handler));
        }) == 0);
    };
    SUBCASE("with an allocator that recycles")
    {
        check(kept_allocator<char>(memory));
    }
    SUBCASE("with Asio's")
    {
        check(asio::recycling_allocator<char>());
    }
    SUBCASE("with none")
    {
        check(std::allocator<char>());
    }
}

TEST_CASE_TEMPLATE("a pipeline allocates no more for more commands", Stream, pop3::cleartext_stream,
                   pop3::tls_stream)
{
    kept_memory memory;
    fixture<Stream> f;
    const kept_allocator<char> allocator(memory);
    f.count_pipeline(allocator, 5000);
    const auto few = f.count_pipeline(allocator, 2000);
    const auto many = f.count_pipeline(allocator, 10'000);
    MESSAGE("of 2,000 commands: " << few << ", of 10,000: " << many);
    CHECK(few < 40);
    CHECK(many < few + 10);
}

TEST_CASE_TEMPLATE("a write that outlives its operation does not use the handler's memory", Stream,
                   POP3_TEST_STREAMS)
{
    const auto ignore = [](std::size_t, pop3::reply<void>) {
    };
    SUBCASE("the time is over")
    {
        stuck_pipeline<Stream> p(0);
        pop3::limits limits;
        limits.pipeline_commands = p.commands;
        limits.pipeline_octets = 64u << 20;
        limits.operation_time = std::chrono::milliseconds(100);
        p.mailbox->set_limits(limits);
        p.run(ignore);
        CHECK(p.ec == pop3::errc::pipeline_timed_out);
    }
    SUBCASE("it is cancelled")
    {
        stuck_pipeline<Stream> p(0);
        p.run(ignore, true);
        CHECK(p.ec == asio::error::operation_aborted);
    }
    SUBCASE("who is called wants the session to end")
    {
        stuck_pipeline<Stream> p(1);
        p.run([](std::size_t, pop3::reply<void>) { return pop3::flow::close; });
        CHECK(!p.ec);
        CHECK(p.answered == 1);
    }
    SUBCASE("all was answered, by a server that has not read it yet")
    {
        stuck_pipeline<Stream> p(p.commands);
        p.run(ignore);
        CHECK(!p.ec);
        CHECK(p.answered == p.commands);
        // The session lives, and all of it gets there.
        CHECK(p.mailbox->is_open());
        p.mailbox.reset();
        CHECK(p.all_heard.get_future().get() == p.commands);
    }
}

TEST_SUITE_END();
