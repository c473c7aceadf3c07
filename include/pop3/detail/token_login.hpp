// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/access_token.hpp>
#include <pop3/capabilities.hpp>
#include <pop3/command/capa.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/login.hpp>
#include <pop3/command/login_choice.hpp>
#include <pop3/detail/bounded.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/drive.hpp>
#include <pop3/detail/stay.hpp>
#include <pop3/error.hpp>
#include <pop3/login_options.hpp>
#include <pop3/reply.hpp>
#include <pop3/sasl/token_error.hpp>
#include <pop3/secret.hpp>
#include <pop3/token_provider.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// A token that is being got, by whatever means. The operation waits for the timer, which the answer cancels.
struct token_request {
    explicit token_request(const asio::any_io_executor& executor) : timer(executor)
    {
    }

    asio::steady_timer timer;
    secret token;
    std::error_code error;
    bool answered = false;
};

/// CAPA if need be, gets a token if there is a use for one, and logs in with it; once more if the server says that it
/// expired.
///
/// Finish: as of `start_tls`, but `succeed` gets a connection that is logged in.
template <class Stream, class Finish>
class token_login {
public:
    using connection_ptr = std::shared_ptr<connection<Stream>>;

    token_login(connection_ptr c, token_provider provider, login_options options,
                command::login_context context)
        : connection_(std::move(c)), provider_(std::move(provider)), options_(std::move(options)),
          context_(std::move(context))
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code = {})
    {
        if (request_)
            return answered(self);
        if (error_)
            return fail(self, error_);
        error_ = what_forbids_to_use(connection_);
        if (error_)
            return asio::post(std::move(self));
        if (!context_.known)
            return run(self, command::exchange<command::capa>(command::capa()), stay<capabilities>());
        error_ = what_forbids_it();
        if (error_)
            return asio::post(std::move(self));
        request(self, false);
    }

    /// The server has said what it can do, or refused to.
    template <class Self>
    void operator()(Self& self, std::error_code ec, reply<capabilities> said)
    {
        context_.known = said.value_or(capabilities());
        if (!ec)
            ec = what_forbids_it();
        if (ec)
            return fail(self, ec);
        request(self, false);
    }

    /// The server has judged the token, or not.
    template <class Self>
    void operator()(Self& self, std::error_code ec, reply<void> said)
    {
        if (ec)
            return fail(self, ec);
        if (said)
            return self.complete({}, finish_.succeed(std::move(connection_)));
        if (!renewed_ && sasl::says_token_expired(said.error().details())) {
            renewed_ = true;
            return request(self, true);
        }
        auto why = std::move(said).error();
        self.complete({}, finish_.refuse(std::move(connection_), std::move(why)));
    }

private:
    template <class Self>
    void request(Self& self, bool renew)
    {
        // It may have come when a step was done, and its handler had not run yet.
        if (self.get_cancellation_state().cancelled() != asio::cancellation_type::none) {
            connection_->close();
            error_ = asio::error::operation_aborted;
            return asio::post(std::move(self));
        }
        const auto r = request_ = std::make_shared<token_request>(connection_->stream.get_executor());
        // One that counts as work would keep `run()` from returning for as long as the provider keeps the callback.
        const auto executor = asio::prefer(self.get_executor(), asio::execution::outstanding_work.untracked);
        // The operation goes with the timer, and these with it.
        const auto provider = provider_;
        r->timer.expires_after(bounded(connection_->limits.operation_time));
        r->timer.async_wait(std::move(self));
        // The callback may come when nobody waits any more, or not even the executor lives.
        const auto answer = [waiting = std::weak_ptr(r), executor](std::error_code ec, secret token) {
            const auto request = waiting.lock();
            if (!request)
                return;
            asio::post(executor, [request, ec, token = std::move(token)]() mutable {
                // Whoever calls back twice is not heard again.
                if (request->answered)
                    return;
                request->answered = true;
                request->error = ec;
                request->token = std::move(token);
                request->timer.cancel();
            });
        };
        try {
            provider.get(renew, answer);
        } catch (...) {
            // In a coroutine it would end the program, and elsewhere nobody would be told before the time is up.
            answer(errc::authentication_cancelled, secret());
        }
    }

    template <class Self>
    void answered(Self& self)
    {
        const auto r = std::move(request_);
        request_ = nullptr;
        const bool cancelled = self.get_cancellation_state().cancelled() != asio::cancellation_type::none;
        if (cancelled || !r->answered) {
            r->answered = true;
            connection_->close();
            return fail(self, cancelled ? asio::error::operation_aborted : make_error_code(errc::timed_out));
        }
        if (r->error) {
            if (is_fatal(r->error))
                connection_->close();
            return fail(self, r->error);
        }
        run(self,
            command::login<access_token>(access_token(provider_.name(), r->token.expose()), options_,
                                         context_),
            stay<void>());
    }

    template <class Self, class Exchange, class Part>
    void run(Self& self, Exchange exchange, Part finish)
    {
        auto c = connection_;
        const asio::any_io_executor executor = c->stream.get_executor();
        async_drive(std::move(c), executor, std::move(exchange), finish, part::whole, std::move(self));
    }

    /// There may be no use for a token.
    std::error_code what_forbids_it() const
    {
        const auto* const way =
            command::choose_login(command::token_ways, *context_.known, context_.terms, options_);
        return way == nullptr ? errc::no_shared_mechanism : std::error_code();
    }

    template <class Self>
    void fail(Self& self, std::error_code ec)
    {
        self.complete(ec, finish_.fail(std::move(connection_), ec));
    }

    connection_ptr connection_;
    token_provider provider_;
    login_options options_;
    command::login_context context_;
    std::shared_ptr<token_request> request_;
    std::error_code error_;
    Finish finish_;
    bool renewed_ = false;
};

/// Starts it. `executor` is that of the connection; an empty session may have none.
template <class Finish, class Stream, class Token>
auto async_token_login(std::shared_ptr<connection<Stream>> c, const asio::any_io_executor& executor,
                       token_provider provider, login_options options, command::login_context context,
                       Token&& token)
{
    return compose<Token, void(std::error_code, typename Finish::reply_type)>(
        token_login<Stream, Finish>(std::move(c), std::move(provider), std::move(options),
                                    std::move(context)),
        token, executor);
}

} // namespace pop3::detail
