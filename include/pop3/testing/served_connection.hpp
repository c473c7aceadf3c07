// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/conversation.hpp>
#include <pop3/testing/fault.hpp>
#include <pop3/testing/fuse.hpp>
#include <pop3/testing/served.hpp>
#include <pop3/testing/upper_case.hpp>

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace pop3::testing::detail {

using asio::ip::tcp;
using tls_socket = asio::ssl::stream<tcp::socket>;

template <class Stream>
void serve(const std::shared_ptr<served>& shared, tcp::socket socket, conversation talk, auto&... context);

/// One connection of a test server. Stream is tcp::socket, or tls_socket with a context as last argument.
template <class Stream>
class served_connection final : public stoppable,
                                public std::enable_shared_from_this<served_connection<Stream>> {
public:
    served_connection(std::shared_ptr<served> shared, tcp::socket socket, conversation talk, auto&... context)
        : shared_(std::move(shared)), stream_(std::move(socket), context...), deadline_(shared_->strand),
          pause_timer_(shared_->strand), talk_(std::move(talk))
    {
        shared_->open.insert(this);
    }

    served_connection(const served_connection&) = delete;
    served_connection& operator=(const served_connection&) = delete;

    ~served_connection()
    {
        shared_->open.erase(this);
    }

    void stop() noexcept override
    {
        hang_up();
        pause_timer_.cancel();
    }

    static asio::awaitable<void> run(std::shared_ptr<served_connection> self)
    {
        try {
            co_await self->converse();
        } catch (const std::system_error&) {
            // The client is gone, or too slow, or does not speak TLS: there is nobody to tell.
        }
        if constexpr (!has_tls)
            if (self->talk_.wants_tls())
                co_return self->start_tls();
        self->release_maildrop();
        co_await self->close();
        self->deadline_.cancel();
    }

private:
    static constexpr bool has_tls = !std::is_same_v<Stream, tcp::socket>;
    static constexpr std::size_t max_line = 1024;
    static constexpr std::size_t max_lines_kept = 10'000;
    static constexpr std::size_t piece_size = 16 * 1024; // As much as a TLS record holds.
    static constexpr auto no_end = static_cast<std::size_t>(-1);

    tcp::socket& socket()
    {
        if constexpr (has_tls)
            return stream_.next_layer();
        else
            return stream_;
    }

    // Closes the socket when the time is over, which ends whatever waits for it.
    void allow(std::chrono::steady_clock::duration time)
    {
        deadline_.expires_after(time);
        deadline_.async_wait([weak = this->weak_from_this()](std::error_code cancelled) {
            const auto self = weak.lock();
            // Looks again at the clock: the deadline may have been moved when this was already on its way.
            if (!cancelled && self && self->deadline_.expiry() <= std::chrono::steady_clock::now())
                self->hang_up();
        });
    }

    void hang_up()
    {
        std::error_code ignored;
        socket().close(ignored);
    }

    void release_maildrop()
    {
        const std::lock_guard lock(shared_->mutex);
        talk_.release_maildrop();
    }

    asio::awaitable<void> converse()
    {
        socket().set_option(tcp::no_delay(true));
        if constexpr (has_tls) {
            allow(shared_->options.idle_timeout);
            co_await stream_.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
        }
        if (!std::exchange(greeted_, true))
            co_await greet();
        while (!talk_.is_over() && !talk_.wants_tls()) {
            co_await receive();
            co_await answer();
            co_await send();
        }
    }

    asio::awaitable<void> greet()
    {
        const std::string said = std::exchange(talk_.output, {});
        if (co_await should_obey(std::string(greeting)))
            talk_.output = said;
        const bool refused = talk_.output.starts_with("-ERR");
        co_await finish_reply();
        co_await send();
        if (refused)
            end();
    }

    // The same conversation goes on, over TLS. What came in clear behind STLS is forgotten: who sent it is not known.
    void start_tls()
    {
        deadline_.cancel();
        talk_.start_tls();
        detail::serve<tls_socket>(shared_, std::move(socket()), std::move(talk_), shared_->tls);
    }

    // Answers all the lines that have come. The replies to pipelined commands are sent together.
    asio::awaitable<void> answer()
    {
        for (auto line = take_line(); line; line = take_line()) {
            if (co_await should_obey(*line))
                obey(*line);
            co_await finish_reply();
            if (shared_->options.pipelining == pipelining::forgets)
                input_.clear();
        }
    }

    void obey(const std::string& line)
    {
        const std::lock_guard lock(shared_->mutex);
        talk_.command(line);
        if (shared_->options.pipelining == pipelining::interleaves && upper_case(line).starts_with("RETR") &&
            upper_case(input_.substr(0, 4)) == "RETR")
            talk_.hold_dot();
    }

    // Sends what there is of a message that is longer than what is sent at once, and does what a fault wants behind the reply.
    asio::awaitable<void> finish_reply()
    {
        while (!talk_.fill(piece_size))
            co_await send();
        if (left_ == no_end && piece_ == no_end)
            co_return;
        co_await send();
        piece_ = no_end;
        if (left_ != no_end)
            end();
    }

    // The next one, without its line end. It may end with LF alone, as on most servers: people will type at this one.
    std::optional<std::string> take_line()
    {
        if (talk_.is_over() || talk_.wants_tls())
            return std::nullopt;
        const auto end = input_.find('\n');
        if (std::min(end, input_.size()) > max_line) {
            talk_.line_too_long();
            return std::nullopt;
        }
        if (end == input_.npos)
            return std::nullopt;
        std::string line = input_.substr(0, end);
        input_.erase(0, end + 1);
        if (line.ends_with('\r'))
            line.pop_back();
        return line;
    }

    // Whether the server shall do what it should, now. Does what a fault wants instead, or before.
    asio::awaitable<bool> should_obey(std::string line)
    {
        const reaction r = look_up(line);
        if (r.what == reaction::kind::obey)
            co_return true;
        if (r.what == reaction::kind::answer) {
            talk_.output += r.text;
            co_return false;
        }
        co_await send(); // What is owed for the commands before.
        switch (r.what) {
        case reaction::kind::hang_up_before:
            end();
        case reaction::kind::hang_up_after:
            left_ = r.octets;
            break;
        case reaction::kind::delay:
            co_await wait(r.time);
            break;
        case reaction::kind::ignore:
            for (;;) {
                co_await receive();
                input_.clear();
            }
        case reaction::kind::trickle:
            piece_ = r.octets;
            pause_ = r.time;
            break;
        default:
            break;
        }
        co_return true;
    }

    reaction look_up(const std::string& line)
    {
        const std::lock_guard lock(shared_->mutex);
        if (line != greeting) {
            shared_->lines.push_back(line);
            if (shared_->lines.size() > max_lines_kept)
                shared_->lines.pop_front();
        }
        if (shared_->options.fuse != nullptr && shared_->options.fuse->step())
            return {reaction::kind::hang_up_before, {}, 0, {}};
        return shared_->faults.take(line);
    }

    // Closes the connection in the midst of what was said, and ends `converse`.
    [[noreturn]] void end()
    {
        hang_up();
        throw std::system_error(asio::error::eof);
    }

    asio::awaitable<void> wait(std::chrono::steady_clock::duration time)
    {
        if (!socket().is_open())
            end();
        pause_timer_.expires_after(time);
        co_await pause_timer_.async_wait(asio::use_awaitable); // throws if the server is stopped
    }

    asio::awaitable<void> send()
    {
        std::string_view rest = std::string_view(talk_.output).substr(0, left_);
        while (!rest.empty()) {
            allow(shared_->options.idle_timeout);
            const std::string_view now = rest.substr(0, piece_);
            co_await asio::async_write(stream_, asio::buffer(now), asio::use_awaitable);
            rest.remove_prefix(now.size());
            if (piece_ != no_end)
                co_await wait(pause_);
        }
        if (left_ != no_end && talk_.output.size() >= left_)
            end();
        left_ -= left_ == no_end ? 0 : talk_.output.size();
        talk_.output.clear();
    }

    asio::awaitable<void> receive()
    {
        allow(shared_->options.idle_timeout);
        const std::size_t size = co_await stream_.async_read_some(asio::buffer(chunk_), asio::use_awaitable);
        input_.append(chunk_.data(), size);
    }

    // Says good-bye and waits for the client to do so too: to close a socket with octets unread would reset
    // the connection, and the client might lose the last reply.
    asio::awaitable<void> close()
    {
        std::error_code error;
        allow(std::chrono::seconds(2));
        if constexpr (has_tls)
            co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
        socket().shutdown(tcp::socket::shutdown_send, error);
        while (!error)
            co_await socket().async_read_some(asio::buffer(chunk_),
                                              asio::redirect_error(asio::use_awaitable, error));
    }

    std::shared_ptr<served> shared_;
    Stream stream_;
    asio::steady_timer deadline_;
    asio::steady_timer pause_timer_;
    conversation talk_;
    bool greeted_ = has_tls && !shared_->options.tls; // In clear, before STLS.
    std::array<char, 4096> chunk_{};
    std::string input_;
    std::size_t left_ = no_end;                   // So much may be sent before the connection is closed.
    std::size_t piece_ = no_end;                  // So much is sent at a time,
    std::chrono::steady_clock::duration pause_{}; // and a pause made behind it.
};

template <class Stream>
void serve(const std::shared_ptr<served>& shared, tcp::socket socket, conversation talk, auto&... context)
{
    using connection = served_connection<Stream>;
    auto started = std::make_shared<connection>(shared, std::move(socket), std::move(talk), context...);
    asio::co_spawn(shared->strand, connection::run(std::move(started)), asio::detached);
}

} // namespace pop3::testing::detail
