// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/buffer_pool.hpp>
#include <pop3/tls/bio.hpp>
#include <pop3/tls/last_error.hpp>
#include <pop3/tls/octets.hpp>
#include <pop3/tls/pointer.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/socket_base.hpp>
#include <asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <new>
#include <system_error>

namespace pop3::detail {

/// TLS over a socket that does not block: everything of a `tls_stream` but the waiting. Stays where it was made, since
/// OpenSSL and what waits for the socket point to it.
///
/// Ciphertext is read as much as a large buffer holds, with one system call for many records. Each function here reads
/// from the socket once at most, so that no peer can keep one of them busy for ever.
class tls_engine {
public:
    /// What may have been taken of one write. It bounds what there is of ciphertext that could not be sent.
    static constexpr std::size_t max_write = 65536;

    tls_engine(const asio::any_io_executor& executor, SSL_CTX* context)
        : socket_(executor), input_(buffer_pool::of(executor)), output_(buffer_pool::of(executor))
    {
        ERR_clear_error();
        ssl_.reset(SSL_new(context));
        tls_require(ssl_ != nullptr, "SSL_new");
        BIO* const bio = make_tls_bio(*this).release();
        SSL_set_bio(ssl_.get(), bio, bio);
        // What could not be written is tried again by another call, with the same octets elsewhere.
        SSL_set_mode(ssl_.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }

    tls_engine(const tls_engine&) = delete;
    tls_engine& operator=(const tls_engine&) = delete;

    asio::ip::tcp::socket& socket() noexcept
    {
        return socket_;
    }

    SSL* ssl() const noexcept
    {
        return ssl_.get();
    }

    // ---- What a stream does. `would_block`: nothing was done, or not all -------------------------

    /// Call it with `may_read` when there may be something to read.
    std::error_code handshake(bool may_read) noexcept
    {
        if (fatal_)
            return fatal_;
        std::error_code ec;
        if (!socket_.non_blocking())
            socket_.non_blocking(true, ec);
        if (!ec) {
            prepare(may_read);
            ec = outcome(SSL_connect(ssl()));
        }
        return ec;
    }

    std::size_t read(void* to, std::size_t size, std::error_code& ec) noexcept
    {
        return read(to, size, ec, true);
    }

    /// All of it is taken, up to `max_write`, or nothing. What was taken may still have to be sent: see `has_output`.
    std::size_t write(const void* from, std::size_t size, std::error_code& ec) noexcept
    {
        std::size_t n = 0;
        ec = fatal_ ? fatal_ : flush();
        // Behind half a message of a handshake nothing may be written: it has to be read to its end. But not away from
        // under somebody who waits for it.
        if (!ec && size != 0) {
            prepare(!reader_waits_);
            ec = outcome(SSL_write_ex(ssl(), from, size < max_write ? size : max_write, &n));
        }
        if (!ec)
            ec = output_error_;
        return ec ? 0 : n;
    }

    /// Says good-bye, and waits until the peer has. What still comes is dropped.
    std::error_code shutdown() noexcept
    {
        char dropped[4096];
        bool may_read = true;
        for (;;) {
            auto ec = fatal_ ? fatal_ : flush();
            if (!ec && !is_shut(SSL_SENT_SHUTDOWN) && !in_message())
                ec = announce_end();
            if (ec || output_error_ || has_output())
                return ec ? ec : flush();
            read(dropped, sizeof dropped, ec, may_read);
            may_read = false;
            if (ec == asio::error::eof)
                return {};
            const bool must_send = !is_shut(SSL_SENT_SHUTDOWN) && !in_message();
            if (ec && !(ec == asio::error::would_block && must_send))
                return ec;
        }
    }

    /// Says good-bye, and waits for nothing.
    void say_goodbye() noexcept
    {
        if (!fatal_)
            announce_end();
    }

    /// Sends what it can.
    std::error_code flush() noexcept
    {
        while (!output_.empty()) {
            std::error_code ec;
            const auto n = socket_.write_some(asio::buffer(output_.data(), output_.size()), ec);
            output_.consume(n);
            if (ec == asio::error::would_block || ec == asio::error::interrupted)
                return asio::error::would_block;
            if (ec) {
                output_error_ = ec;
                break;
            }
        }
        output_.release();
        answers_ = 0;
        return output_error_;
    }

    // ---- What to wait for ------------------------------------------------------------------------

    /// There is ciphertext that could not be sent yet.
    bool has_output() const noexcept
    {
        return !output_.empty();
    }

    /// `read` gives something, or fails, without anything more from the socket.
    bool has_input() const noexcept
    {
        return !input_.empty() || input_error_ || fatal_ || is_shut(SSL_RECEIVED_SHUTDOWN) || has_plaintext();
    }

    /// `read` gives nothing for now. (What is in the socket may be no data: then this says false, and `read` tells.)
    bool is_quiet() noexcept
    {
        if (has_input())
            return false;
        char octet;
        std::error_code ec;
        socket_.receive(asio::buffer(&octet, 1), asio::socket_base::message_peek, ec);
        return ec == asio::error::would_block;
    }

    /// The peer has others answer it and does not read the answers: it is not read from until it has.
    bool must_flush() const noexcept
    {
        return answers_ > max_answers;
    }

    /// A message of a handshake has come in part.
    bool in_message() const noexcept
    {
        return !fatal_ && SSL_in_init(ssl()) == 1; // one that failed stays in one, for OpenSSL
    }

    // Who waits for input. Somebody who writes does so only while a message is incomplete, and then what it waits for may
    // be read by another one, without a word from the socket.
    void reader_waits(bool on) noexcept
    {
        reader_waits_ = on;
    }

    void writer_waits(bool on) noexcept
    {
        writer_waits_ = on;
        woken_ = false;
    }

    /// The wait was not cancelled, but ended because there is no more need for it.
    bool woken() const noexcept
    {
        return woken_ && socket_.is_open();
    }

    bool begin_flushing() noexcept
    {
        const bool begun = !flushing_ && has_output();
        flushing_ = flushing_ || begun;
        return begun;
    }

    void end_flushing() noexcept
    {
        flushing_ = false;
    }

    // ---- For OpenSSL -----------------------------------------------------------------------------

    std::size_t take(char* to, std::size_t size) noexcept
    {
        if (must_flush())
            return 0;
        if (input_.empty())
            fill();
        return input_.take(to, size);
    }

    bool put(const char* from, std::size_t size) noexcept
    {
        if (output_error_)
            return true; // is told to who writes; there may still be something to read
        POP3_TRY
        {
            if (reading_)
                answers_ += size;
            if (output_.append(from, size))
                return true;
            output_error_ = asio::error::no_buffer_space;
        }
        POP3_CATCH(const std::bad_alloc&)
        {
            output_error_ = asio::error::no_memory;
        }
        return false;
    }

private:
    // Of answers to what is read, before the peer has to take them.
    static constexpr std::size_t max_answers = 16384;

    bool is_shut(int which) const noexcept
    {
        return (SSL_get_shutdown(ssl()) & which) != 0;
    }

    bool has_plaintext() const noexcept
    {
        return SSL_pending(ssl()) > 0;
    }

    std::size_t read(void* to, std::size_t size, std::error_code& ec, bool may_read) noexcept
    {
        std::size_t n = 0;
        ec = fatal_;
        if (ec || size == 0)
            return 0;
        flush();
        reading_ = true;
        prepare(may_read);
        ec = outcome(SSL_read_ex(ssl(), to, size, &n));
        reading_ = false;
        wake_writer();
        return ec ? 0 : n;
    }

    void fill() noexcept
    {
        if (!may_read_ || input_error_)
            return;
        may_read_ = false;
        POP3_TRY
        {
            char* const to = input_.prepare();
            std::error_code ec;
            const auto n = socket_.read_some(asio::buffer(to, input_.capacity()), ec);
            input_.commit(n);
            if (ec == asio::error::eof)
                input_error_ = asio::ssl::error::stream_truncated;
            else if (ec != asio::error::would_block && ec != asio::error::interrupted)
                input_error_ = ec;
        }
        POP3_CATCH(const std::bad_alloc&)
        {
            input_error_ = asio::error::no_memory;
        }
    }

    std::error_code announce_end() noexcept
    {
        prepare(false);
        return outcome(SSL_shutdown(ssl()) < 0 ? -1 : 1);
    }

    /// Comes before a call of OpenSSL that does something.
    void prepare(bool may_read) noexcept
    {
        may_read_ = may_read;
        ERR_clear_error();
    }

    /// Comes behind it. result: 1 if it did what it was to do.
    std::error_code outcome(int result) noexcept
    {
        may_read_ = false;
        const auto ec = result == 1 ? std::error_code() : failure(result);
        if (has_output())
            flush();
        if (input_.empty())
            rest();
        return ec;
    }

    std::error_code failure(int result) noexcept
    {
        std::error_code ec;
        switch (SSL_get_error(ssl(), result)) {
        case SSL_ERROR_WANT_READ:
            return input_error_ ? input_error_ : asio::error::would_block;
        case SSL_ERROR_ZERO_RETURN:
            input_.release(); // nobody can say what comes behind the end
            return asio::error::eof;
        case SSL_ERROR_SSL:
        case SSL_ERROR_SYSCALL:
            if (output_error_)
                ec = output_error_;
            else if (ERR_peek_error() != 0)
                ec = tls_last_error();
            else
                ec = asio::ssl::error::unspecified_system_error;
            break;
        default:
            ec = asio::ssl::error::unexpected_result;
            break;
        }
        // OpenSSL itself forgets: what failed once would wait for ever, or end in peace. But that there is nothing to be
        // done yet, or no more to be written, breaks nothing.
        if (SSL_in_before(ssl()) != 1 && (reading_ || !is_shut(SSL_SENT_SHUTDOWN))) {
            fatal_ = ec;
            input_.release();
        }
        return ec;
    }

    /// Gives back what only a stream with data on its way needs.
    void rest() noexcept
    {
        input_.release();
        // OpenSSL until 3.0.13 does not notice that the head of a record, or some of its plaintext, needs the buffers
        // (CVE-2024-4741).
        if (SSL_has_pending(ssl()) == 0 && SSL_rstate_string(ssl())[1] == 'H')
            SSL_free_buffers(ssl());
    }

    void wake_writer() noexcept
    {
        if (!writer_waits_ || woken_ || in_message())
            return;
        woken_ = true;
        std::error_code ignored;
        socket_.cancel(ignored);
    }

    asio::ip::tcp::socket socket_;
    tls_octets input_;
    tls_octets output_;
    tls_pointer<SSL, SSL_free> ssl_;
    /// Why nothing can be read any more; `stream_truncated` when the peer has gone.
    std::error_code input_error_;
    /// Why nothing can be sent any more.
    std::error_code output_error_;
    /// TLS itself failed.
    std::error_code fatal_;
    std::size_t answers_ = 0;
    bool may_read_ = false;
    bool reading_ = false;
    bool reader_waits_ = false;
    bool writer_waits_ = false;
    bool woken_ = false;
    bool flushing_ = false;
};

} // namespace pop3::detail
