// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace test {

/// A conversation in memory: what the server says, and what the client must say in between. Shared by the test and
/// the stream, so that the test can look at it when the session is gone.
///
///     auto talk = test::script::make();
///     talk->server("+OK ready\r\n").client("NOOP\r\n").server("+OK\r\n");
class script {
public:
    static std::shared_ptr<script> make()
    {
        return std::make_shared<script>();
    }

    script& server(std::string_view text)
    {
        return add(line{true, std::string(text), {}});
    }

    script& client(std::string_view text)
    {
        return add(line{false, std::string(text), {}});
    }

    /// The connection ends: reads give `ec` when all before was read.
    script& end(std::error_code ec = asio::error::eof)
    {
        return add(line{true, {}, ec});
    }

    /// No read gives octets from both sides of this offset in what the server says.
    void split_at(std::size_t offset)
    {
        split_ = offset;
    }

    /// No read gives more, and no write takes more.
    void octets_at_a_time(std::size_t n)
    {
        most_ = n;
    }

    /// The read or write with this number, from 0, fails.
    void fail_at(std::size_t step, std::error_code ec = asio::error::connection_reset)
    {
        fail_at_ = step;
        failure_ = ec;
    }

    /// Reads and writes so far.
    std::size_t steps() const
    {
        return steps_;
    }

    /// All that the client said.
    const std::string& written() const
    {
        return written_;
    }

    /// What the client said was what it had to say, and it said and read all of it.
    bool finished() const
    {
        return !wrong_ && at_ == lines_.size();
    }

    /// What the client said that it should not have said.
    bool wrong() const
    {
        return wrong_;
    }

    bool closed() const
    {
        return closed_;
    }

    std::size_t server_octets() const
    {
        std::size_t n = 0;
        for (const auto& l : lines_)
            n += l.from_server ? l.text.size() : 0;
        return n;
    }

private:
    friend class scripted_stream;

    struct line {
        bool from_server;
        std::string text;
        std::error_code end;
    };

    script& add(line l)
    {
        lines_.push_back(std::move(l));
        return *this;
    }

    bool readable() const
    {
        return at_ != lines_.size() && lines_[at_].from_server;
    }

    std::size_t read(asio::mutable_buffer into, std::error_code& ec)
    {
        const auto& l = lines_[at_];
        if (l.end) {
            ec = l.end;
            return 0;
        }
        auto n = std::min({into.size(), most_, l.text.size() - offset_});
        if (given_ < split_)
            n = std::min(n, split_ - given_);
        asio::buffer_copy(into, asio::buffer(l.text.data() + offset_, n));
        given_ += n;
        forward(n);
        return n;
    }

    std::size_t write(asio::const_buffer from)
    {
        const auto n = std::min(from.size(), most_);
        auto said = std::string_view(static_cast<const char*>(from.data()), n);
        written_ += said;
        while (!said.empty() && !wrong_) {
            if (at_ == lines_.size() || lines_[at_].from_server) {
                wrong_ = true;
                break;
            }
            const auto expected = std::string_view(lines_[at_].text).substr(offset_, said.size());
            wrong_ = !said.starts_with(expected);
            said.remove_prefix(expected.size());
            forward(expected.size());
        }
        return n;
    }

    void forward(std::size_t n)
    {
        offset_ += n;
        if (offset_ == lines_[at_].text.size()) {
            ++at_;
            offset_ = 0;
        }
    }

    std::error_code next_step()
    {
        const bool fails = steps_ == fail_at_;
        ++steps_;
        return fails ? failure_ : std::error_code();
    }

    std::vector<line> lines_;
    std::string written_;
    std::size_t at_ = 0;
    std::size_t offset_ = 0;
    std::size_t given_ = 0;
    std::size_t split_ = 0;
    std::size_t most_ = static_cast<std::size_t>(-1);
    std::size_t steps_ = 0;
    std::size_t fail_at_ = static_cast<std::size_t>(-1);
    std::error_code failure_;
    bool wrong_ = false;
    bool closed_ = false;
};

/// The client's end of a `script`. A read for which the script has nothing waits until the stream is closed or the
/// read is cancelled.
class scripted_stream {
public:
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = scripted_stream;

    scripted_stream(executor_type executor, std::shared_ptr<script> s)
        : executor_(std::move(executor)), script_(std::move(s)),
          waiting_(std::make_shared<std::shared_ptr<reader>>())
    {
    }

    scripted_stream(scripted_stream&&) = default;

    executor_type get_executor() const
    {
        return executor_;
    }

    scripted_stream& lowest_layer()
    {
        return *this;
    }

    void close(std::error_code& ec)
    {
        ec = {};
        script_->closed_ = true;
        abort(*waiting_);
    }

    template <class Token>
    auto async_read_some(asio::mutable_buffer into, Token&& token)
    {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            [this, into](auto handler) { this->start_read(into, std::move(handler)); }, token);
    }

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
        *waiting_ = std::allocate_shared<reader_with<Handler>>(allocator, std::move(handler), executor_);
        (*waiting_)->into = into;
        if (slot.is_connected()) {
            auto connected = slot;
            connected.assign([weak = std::weak_ptr(waiting_)](asio::cancellation_type_t) {
                if (const auto waiting = weak.lock())
                    abort(*waiting);
            });
        }
    }

    /// What was written may have made the script go on.
    void serve_reader()
    {
        if (!*waiting_ || !script_->readable())
            return;
        const auto r = std::move(*waiting_);
        std::error_code ec;
        const auto n = script_->read(r->into, ec);
        r->complete(ec, n);
    }

    static void abort(std::shared_ptr<reader>& waiting)
    {
        if (auto r = std::move(waiting))
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
    std::shared_ptr<std::shared_ptr<reader>> waiting_;
};

} // namespace test

// A script is read by nobody but the test.
template <>
inline constexpr bool pop3::is_secure_stream<test::scripted_stream> = true;
