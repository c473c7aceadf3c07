// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/stream.hpp>
#include <pop3/testing/script.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace pop3::testing {

/// The client's end of a `script`. A read for which the script has nothing waits until the stream is closed or the
/// read is cancelled.
class scripted_stream {
public:
    /// What Asio asks of a stream.
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = scripted_stream;

    /// s: what the server says, and what the client should say.
    scripted_stream(executor_type executor, std::shared_ptr<script> s)
        : executor_(std::move(executor)), script_(std::move(s)), waiting_(std::make_shared<waiting>())
    {
    }

    scripted_stream(scripted_stream&&) = default;

    /// As of any stream of Asio.
    executor_type get_executor() const
    {
        return executor_;
    }

    /// Itself.
    scripted_stream& lowest_layer()
    {
        return *this;
    }

    /// A read that waits completes with `asio::error::operation_aborted`.
    void close(std::error_code& ec)
    {
        ec = {};
        script_->closed_ = true;
        abort(*waiting_);
        waiting_->timer.reset();
    }

    /// Reads some of what the script has next.
    template <class Token>
    auto async_read_some(asio::mutable_buffer into, Token&& token)
    {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            [this, into](auto handler) { this->start_read(into, std::move(handler)); }, token);
    }

    /// Shows the script what the client says.
    template <class Token>
    auto async_write_some(asio::const_buffer from, Token&& token)
    {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            [this, from](auto handler) {
                auto ec = script_->next_step();
                if (script_->closed_)
                    ec = asio::error::bad_descriptor;
                const auto n = ec ? 0 : script_->write(from);
                this->complete(std::move(handler), ec, n);
                this->serve_reader();
            },
            token);
    }

    /// So that several buffers need not be told from one.
    template <class Buffers, class Token>
        requires(!std::convertible_to<const Buffers&, asio::const_buffer>)
    auto async_write_some(const Buffers& from, Token&& token)
    {
        asio::const_buffer first;
        for (auto it = asio::buffer_sequence_begin(from);
             it != asio::buffer_sequence_end(from) && !first.size(); ++it)
            first = *it;
        return async_write_some(first, std::forward<Token>(token));
    }

private:
    /// A handler with its result, which runs where the handler wants, and in memory from where it wants.
    template <class Handler>
    struct posted {
        using executor_type = asio::associated_executor_t<Handler, asio::any_io_executor>;
        using allocator_type = asio::associated_allocator_t<Handler>;

        executor_type get_executor() const noexcept
        {
            return asio::get_associated_executor(handler, executor);
        }

        allocator_type get_allocator() const noexcept
        {
            return asio::get_associated_allocator(handler);
        }

        void operator()()
        {
            std::move(handler)(ec, n);
        }

        Handler handler;
        asio::any_io_executor executor;
        std::error_code ec;
        std::size_t n;
    };

    struct reader {
        virtual ~reader() = default;
        virtual void complete(std::error_code ec, std::size_t n) = 0;

        asio::mutable_buffer into;
    };

    template <class Handler>
    struct reader_with : reader {
        reader_with(Handler h, const executor_type& e) : handler(std::move(h)), executor(e), work(e)
        {
        }

        void complete(std::error_code ec, std::size_t n) override
        {
            scripted_stream::post(executor, std::move(handler), ec, n);
        }

        Handler handler;
        executor_type executor;
        asio::executor_work_guard<executor_type> work;
    };

    /// Is kept by what may complete the read, also when the stream has gone.
    struct waiting {
        std::shared_ptr<scripted_stream::reader> reader;
        std::optional<asio::steady_timer> timer;
    };

    template <class Handler>
    void start_read(asio::mutable_buffer into, Handler handler)
    {
        auto ec = script_->next_step();
        if (script_->closed_)
            ec = asio::error::bad_descriptor;
        if (ec || script_->readable()) {
            const auto n = ec ? 0 : script_->read(into, ec);
            return complete(std::move(handler), ec, n);
        }
        const auto slot = asio::get_associated_cancellation_slot(handler);
        const auto allocator = asio::get_associated_allocator(handler);
        waiting_->reader =
            std::allocate_shared<reader_with<Handler>>(allocator, std::move(handler), executor_);
        waiting_->reader->into = into;
        start_wait(script_, waiting_, executor_);
        if (slot.is_connected()) {
            auto connected = slot;
            connected.assign([weak = std::weak_ptr(waiting_)](asio::cancellation_type_t) {
                if (const auto w = weak.lock())
                    abort(*w);
            });
        }
    }

    /// What was written may have made the script go on.
    void serve_reader()
    {
        start_wait(script_, waiting_, executor_);
        serve(*script_, *waiting_);
    }

    static void serve(script& s, waiting& w)
    {
        if (!w.reader || !s.readable())
            return;
        const auto r = std::move(w.reader);
        std::error_code ec;
        const auto n = s.read(r->into, ec);
        r->complete(ec, n);
    }

    /// The script is silent for a time.
    static void start_wait(const std::shared_ptr<script>& s, const std::shared_ptr<waiting>& w,
                           const executor_type& executor)
    {
        if (w->timer || !w->reader || !s->is_at(script::kind::wait))
            return;
        w->timer.emplace(executor, s->lines_[s->at_].time);
        w->timer->async_wait([s, weak = std::weak_ptr(w), executor](std::error_code cancelled) {
            const auto waits = weak.lock();
            if (cancelled || !waits)
                return;
            waits->timer.reset();
            ++s->at_;
            start_wait(s, waits, executor);
            serve(*s, *waits);
        });
    }

    static void abort(waiting& w)
    {
        if (auto r = std::move(w.reader))
            r->complete(asio::error::operation_aborted, 0);
    }

    template <class Handler>
    void complete(Handler handler, std::error_code ec, std::size_t n)
    {
        post(executor_, std::move(handler), ec, n);
    }

    template <class Handler>
    static void post(const executor_type& executor, Handler handler, std::error_code ec, std::size_t n)
    {
        asio::post(executor, posted<Handler>{std::move(handler), executor, ec, n});
    }

    executor_type executor_;
    std::shared_ptr<script> script_;
    std::shared_ptr<waiting> waiting_;
};

} // namespace pop3::testing

// A script is read by nobody but the test.
template <>
inline constexpr bool pop3::is_secure_stream<pop3::testing::scripted_stream> = true;
