// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/access_token.hpp>
#include <pop3/capabilities.hpp>
#include <pop3/command/auth.hpp>
#include <pop3/command/capa.hpp>
#include <pop3/command/login.hpp>
#include <pop3/command/login_choice.hpp>
#include <pop3/command/single.hpp>
#include <pop3/config.hpp>
#include <pop3/detail/bounded.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/drive.hpp>
#include <pop3/detail/explain.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/error.hpp>
#include <pop3/login_options.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>
#include <pop3/response_code.hpp>
#include <pop3/secret.hpp>
#include <pop3/session/outside_call.hpp>
#include <pop3/session/stay.hpp>
#include <pop3/token_provider.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/error.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// What became of a login with a token.
struct token_verdict {
    reply<void> said;
    /// The server has seen the token.
    bool shown = false;
    command::auth_form form = command::auth_form::automatic;
};

/// Finish of a login with a token.
struct judge_token : finish_defaults {
    using reply_type = token_verdict;

    template <class Connection, class Exchange>
    reply_type succeed(const Connection&, Exchange& exchange)
    {
        token_verdict verdict;
        verdict.shown = exchange.shown();
        verdict.form = exchange.form();
        verdict.said = exchange.take();
        return verdict;
    }

    template <class Connection, class Exchange>
    reply_type fail(const Connection&, const Exchange& exchange, std::error_code, bool)
    {
        token_verdict verdict;
        verdict.said = reply<void>(no_reply(detail::busy_with(exchange)));
        return verdict;
    }
};

/// Whether another token may do after this refusal of one. Many servers do not say why.
inline bool may_be_the_token(const refusal& r) noexcept
{
    switch (r.code()) {
    case response_code::in_use:
    case response_code::login_delay:
    case response_code::sys_temp:
    case response_code::sys_perm:
    case response_code::utf8:
        return false;
    default:
        return true;
    }
}

/// CAPA if need be, gets a token if there is a use for one, and logs in with it; once more, with a new one, if the server
/// refuses it and does not say that it has another reason.
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
    void operator()(Self& self, std::error_code = {});

    /// The server has said what it can do, or refused to.
    template <class Self>
    void operator()(Self& self, std::error_code ec, reply<capabilities> said);

    /// The server has judged the token, or not.
    template <class Self>
    void operator()(Self& self, std::error_code ec, token_verdict verdict);

private:
    template <class Self>
    void request(Self& self, bool renew);

    template <class Self>
    void answered(Self& self);

    template <class Self, class Exchange, class Part>
    void run(Self& self, Exchange exchange, Part finish);

    /// There may be no use for a token.
    std::error_code what_forbids_it() const;

    template <class Self>
    void fail(Self& self, std::error_code ec, const no_reply& why = no_reply("AUTH"));

    connection_ptr connection_;
    token_provider provider_;
    login_options options_;
    command::login_context context_;
    boxed<outside_call<secret>> request_;
    std::error_code error_;
    Finish finish_;
    bool renewed_ = false;
};

template <class Stream, class Finish>
template <class Self>
void token_login<Stream, Finish>::operator()(Self& self, std::error_code)
{
    if (request_)
        return answered(self);
    if (error_)
        return fail(self, error_);
    error_ = detail::what_forbids_to_use(connection_);
    if (error_)
        return detail::post(std::move(self).next());
    if (!context_.known)
        return run(self, command::single<command::capa>(command::capa()), stay<capabilities>());
    error_ = what_forbids_it();
    if (error_)
        return detail::post(std::move(self).next());
    request(self, false);
}

template <class Stream, class Finish>
template <class Self>
void token_login<Stream, Finish>::operator()(Self& self, std::error_code ec, reply<capabilities> said)
{
    context_.known = said.value_or(capabilities());
    if (!ec && !said)
        context_.refused = std::move(said).error();
    if (!ec)
        ec = what_forbids_it();
    if (ec)
        return fail(self, ec, detail::failed_at(said.verb(), said));
    request(self, false);
}

template <class Stream, class Finish>
template <class Self>
void token_login<Stream, Finish>::operator()(Self& self, std::error_code ec, token_verdict verdict)
{
    if (ec)
        return fail(self, ec, detail::failed_at(verdict.said.verb(), verdict.said));
    if (verdict.said)
        return self.complete({}, finish_.succeed(std::move(connection_)));
    auto why = std::move(verdict.said).error();
    if (!renewed_ && verdict.shown && !connection_->closed() && may_be_the_token(why)) {
        renewed_ = true;
        context_.form = verdict.form;
        context_.refused = std::move(why);
        return request(self, true);
    }
    self.complete({}, finish_.refuse(std::move(connection_), std::move(why)));
}

template <class Stream, class Finish>
template <class Self>
void token_login<Stream, Finish>::request(Self& self, bool renew)
{
    // It may have come when a step was done, and its handler had not run yet.
    if (self.cancelled()) {
        connection_->close();
        error_ = asio::error::operation_aborted;
        return detail::post(std::move(self).next());
    }
    request_.reset(new outside_call<secret>(self.get_executor()));
    const auto answer = request_->callback();
    // The operation goes with the timer, and these with it.
    const auto provider = provider_;
    const auto timer = request_->timer();
    timer->expires_after(bounded(connection_->limits.operation_time));
    timer->async_wait(std::move(self).next());
    POP3_TRY
    {
        provider.get(renew, answer);
    }
    POP3_CATCH(...)
    {
        // In a coroutine it would end the program, and elsewhere nobody would be told before the time is up.
        POP3_TRY
        {
            answer(errc::authentication_cancelled, secret());
        }
        POP3_CATCH(...)
        {
            // There is no memory to go back with, but the answer is there.
        }
        timer->cancel();
    }
}

template <class Stream, class Finish>
template <class Self>
void token_login<Stream, Finish>::answered(Self& self)
{
    const auto answer = request_->close();
    request_.reset();
    const bool cancelled = self.cancelled();
    if (cancelled || !answer) {
        connection_->close();
        return fail(self, cancelled ? asio::error::operation_aborted : make_error_code(errc::timed_out));
    }
    if (answer->error) {
        if (is_fatal(answer->error))
            connection_->close();
        return fail(self, answer->error);
    }
    run(self,
        command::login<access_token>(access_token(provider_.name(), answer->result.expose()), options_,
                                     context_),
        judge_token());
}

template <class Stream, class Finish>
template <class Self, class Exchange, class Part>
void token_login<Stream, Finish>::run(Self& self, Exchange exchange, Part finish)
{
    auto c = connection_;
    const asio::any_io_executor executor = c->stream.get_executor();
    detail::async_drive(std::move(c), executor, std::move(exchange), finish, part::whole, std::move(self));
}

template <class Stream, class Finish>
std::error_code token_login<Stream, Finish>::what_forbids_it() const
{
    const auto* const way =
        command::choose_login(command::token_ways, *context_.known, context_.terms, options_);
    return way == nullptr ? errc::no_shared_mechanism : std::error_code();
}

template <class Stream, class Finish>
template <class Self>
void token_login<Stream, Finish>::fail(Self& self, std::error_code ec, const no_reply& why)
{
    auto reply = finish_.fail(std::move(connection_), ec, why);
    detail::explain(reply, why.notice, why.thrown, self.get_executor());
    self.complete(ec, std::move(reply));
}

/// Starts it. `executor` is that of the connection; an empty session may have none.
template <class Finish, class Stream, class Token>
auto async_token_login(std::shared_ptr<connection<Stream>> c, const asio::any_io_executor& executor,
                       token_provider provider, login_options options, command::login_context context,
                       Token&& token)
{
    return detail::compose<Token, void(std::error_code, typename Finish::reply_type)>(
        token_login<Stream, Finish>(std::move(c), std::move(provider), std::move(options),
                                    std::move(context)),
        token, executor);
}

} // namespace pop3::detail
