// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/any_exchange.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/may_be_about_form.hpp>
#include <pop3/config.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/base64.hpp>
#include <pop3/grammar/line.hpp>
#include <pop3/grammar/status_line.hpp>
#include <pop3/initial_response.hpp>
#include <pop3/limits.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>
#include <pop3/sasl/mechanism.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace pop3::command {

/// How the initial response of a mechanism is sent.
enum class auth_form {
    automatic, ///< with AUTH; in a line of its own if the refusal may have been about that (see `may_be_about_form`)
    with_auth, ///< with AUTH
    behind,    ///< in a line of its own
};

constexpr auth_form form_of(initial_response r) noexcept
{
    return r == initial_response::never ? auth_form::behind : auth_form::automatic;
}

/// AUTH, and the challenges and responses behind it, as one exchange without I/O (RFC 5034, section 4). What goes wrong
/// while the server waits for a response is called off in order (`*`), and leaves the session as it is.
template <sasl::mechanism Mechanism>
class auth final : public any_exchange {
public:
    using result_type = void;
    static constexpr std::string_view verb = "AUTH";

    explicit auth(Mechanism m, auth_form form = auth_form::automatic) : mechanism_(std::move(m)), form_(form)
    {
    }

    /// What a server asks with is not for an observer: a SCRAM challenge is all that a search for the password lacks.
    exchange_traits traits() const override
    {
        return {.hides_challenges = true, .reveals_secret = sasl::reveals_secret<Mechanism>};
    }

    /// Makes the initial response: once, before the first `write`.
    std::error_code(check)() override
    {
        if (!speaks_first())
            return {};
        sasl::octets response;
        if (const auto ec = begin(response))
            return ec;
        encode(response);
        initial_pending_ = true;
        return {};
    }

    std::error_code write(command_line& line) override
    {
        write_line(line);
        return {};
    }

    next consume(std::string_view& input, const limits& bounds, std::error_code& ec) override
    {
        const auto line = grammar::take_line(input, bounds.response_line, ec);
        if (!line)
            return ec ? next::done : next::read;
        refusal_.reset();
        waits_for_second_form_ = false;
        const auto status = grammar::parse_status_line(*line);
        if (!status)
            ec = errc::malformed_reply;
        else if (status->status == grammar::status::proceed)
            return respond(status->text, bounds, ec);
        else if (status->status == grammar::status::err)
            return refuse(status->text, ec);
        else
            accept(status->text, ec);
        return next::done;
    }

    /// Goes on with what `next::compute` asked for.
    next compute([[maybe_unused]] std::error_code& ec) override
    {
        if constexpr (sasl::computes<Mechanism>) {
            sasl::octets response;
            return answer_with(go_on(response), response, ec);
        } else {
            return next::done;
        }
    }

    /// The server has asked the mechanism something that it needed an answer to: it may have judged by that.
    bool challenged() const noexcept
    {
        return challenged_;
    }

    /// The server has got a response: it may have judged the credentials.
    bool shown() const noexcept
    {
        return shown_;
    }

    /// The form for the next AUTH on this connection, by what was learned of the server.
    auth_form form() const noexcept
    {
        return form_;
    }

    /// The server has said no, and nothing since: if the connection ends now, that was its answer.
    bool settles() const noexcept override
    {
        return waits_for_second_form_;
    }

    std::optional<std::string_view> chosen() const noexcept override
    {
        return mechanism_.name;
    }

    Mechanism& mechanism() noexcept
    {
        return mechanism_;
    }

    const std::optional<refusal>& refused_with() const noexcept
    {
        return refusal_;
    }

    reply<void> take()
    {
        if (refusal_)
            return std::move(*refusal_);
        return reply<void>(std::monostate());
    }

private:
    void write_line(command_line& line)
    {
        if (cancelled_) {
            line.verb("*");
            return;
        }
        if (begun_) {
            line.response(response());
            answered_ = shown_ = true;
            return;
        }
        begun_ = true;
        line.verb(verb).argument(mechanism_.name);
        const auto initial = response().empty() ? "=" : response();
        const auto octets =
            verb.size() + 1 + std::string_view(mechanism_.name).size() + 1 + initial.size() + 2;
        if (!initial_pending_ || second_form_ || form_ == auth_form::behind ||
            octets > command_line::max_octets)
            return;
        line.hidden_argument(initial);
        initial_pending_ = false;
        answered_ = shown_ = true;
    }

    bool speaks_first() const
    {
        if constexpr (requires { mechanism_.speaks_first(); })
            return mechanism_.speaks_first();
        else
            return sasl::begins<Mechanism>;
    }

    // A mechanism of a user's may throw. In a coroutine that would end the program, and elsewhere the operation.

    std::error_code begin([[maybe_unused]] sasl::octets& response)
    {
        POP3_TRY
        {
            if constexpr (sasl::begins<Mechanism>)
                return mechanism_.begin(response);
            else
                return {};
        }
        POP3_CATCH(...)
        {
            return errc::authentication_cancelled;
        }
    }

    std::error_code answer(std::string_view challenge, sasl::octets& response, const limits& bounds)
    {
        POP3_TRY
        {
            return mechanism_.respond(challenge, response, bounds);
        }
        POP3_CATCH(...)
        {
            return errc::authentication_cancelled;
        }
    }

    std::error_code go_on(sasl::octets& response)
        requires sasl::computes<Mechanism>
    {
        POP3_TRY
        {
            return mechanism_.compute(response);
        }
        POP3_CATCH(...)
        {
            return errc::authentication_cancelled;
        }
    }

    std::error_code judge(std::string_view data)
        requires sasl::finishes<Mechanism>
    {
        POP3_TRY
        {
            return mechanism_.finish(data);
        }
        POP3_CATCH(...)
        {
            return errc::server_not_authenticated;
        }
    }

    std::string_view response() const noexcept
    {
        return {base64_.data(), base64_.size()};
    }

    void encode(const sasl::octets& response)
    {
        base64_.clear();
        grammar::base64_encode({response.data(), response.size()}, base64_);
    }

    next respond(std::string_view text, const limits& bounds, std::error_code& ec)
    {
        // Is no answer to `*`.
        if (cancelled_) {
            ec = errc::malformed_reply;
            return next::done;
        }
        if (++challenges_ > bounds.challenges) {
            cancelled_ = errc::challenges_limit;
            return next::write;
        }
        if (initial_pending_) {
            // It should be empty. Some servers put text there, which is for nobody.
            initial_pending_ = false;
            if (second_form_)
                form_ = auth_form::behind; // is the right one
            return next::write;
        }

        challenged_ = true;
        sasl::octets challenge;
        sasl::octets response;
        if (!grammar::base64_decode(text, challenge))
            return answer_with(errc::malformed_challenge, response, ec);
        const auto said = answer({challenge.data(), challenge.size()}, response, bounds);
        return answer_with(said, response, ec);
    }

    /// The mechanism has answered, or has more to compute first.
    next answer_with(std::error_code said, const sasl::octets& response, std::error_code& ec)
    {
        ec = said;
        if constexpr (sasl::computes<Mechanism>)
            if (!ec && mechanism_.computing())
                return next::compute;
        if (ec && is_fatal(ec))
            return next::done;
        if (ec)
            cancelled_ = std::exchange(ec, {});
        else
            encode(response);
        return next::write;
    }

    next refuse(std::string_view text, std::error_code& ec)
    {
        if (cancelled_) {
            ec = *cancelled_;
            return next::done;
        }
        auto said = make_refusal(verb, text);
        if constexpr (sasl::explains<Mechanism>)
            said = refusal(said.verb(), said.code(), said.code_text(), said.text(), mechanism_.details());
        refusal_ = std::move(said);
        // `answered_`, though nothing was asked: the response went with AUTH.
        if (form_ != auth_form::automatic || challenges_ != 0 || !answered_ || !may_be_about_form(*refusal_))
            return next::done;
        form_ = auth_form::with_auth; // unless the server goes along with the other
        begun_ = answered_ = false;
        second_form_ = initial_pending_ = waits_for_second_form_ = true;
        return next::write;
    }

    void accept([[maybe_unused]] std::string_view text, std::error_code& ec)
    {
        // Logged in without an answer, or after it was called off: the server does not follow.
        if (cancelled_ || !answered_) {
            ec = errc::malformed_reply;
            return;
        }
        if constexpr (sasl::finishes<Mechanism>) {
            sasl::octets data;
            if (!grammar::base64_decode(text, data))
                data.clear();
            ec = judge({data.data(), data.size()});
            // Nothing is left to call off.
            if (ec && !is_fatal(ec))
                ec = errc::server_not_authenticated;
        }
    }

    Mechanism mechanism_;
    sasl::octets base64_;
    std::optional<refusal> refusal_;
    std::optional<std::error_code> cancelled_;
    std::size_t challenges_ = 0;
    auth_form form_;
    bool begun_ = false;
    bool initial_pending_ = false;
    bool answered_ = false;
    bool challenged_ = false;
    bool second_form_ = false;
    bool waits_for_second_form_ = false;
    bool shown_ = false;
};

} // namespace pop3::command
