// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/access_token.hpp>
#include <pop3/capabilities.hpp>
#include <pop3/command/any_exchange.hpp>
#include <pop3/command/apop.hpp>
#include <pop3/command/auth.hpp>
#include <pop3/command/capa.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/login_choice.hpp>
#include <pop3/command/single.hpp>
#include <pop3/command/user_pass.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/limits.hpp>
#include <pop3/login_options.hpp>
#include <pop3/password.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>
#include <pop3/sasl/any_mechanism.hpp>
#include <pop3/sasl/channel_binding.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3::command {

/// What a login must know of the connection.
struct login_context {
    login_terms terms;
    sasl::channel_binding binding;
    /// Of the greeting, for APOP.
    std::string timestamp;
    /// What the server can do, if it was asked already.
    std::optional<capabilities> known;
    /// What the server has refused before in the same login.
    std::optional<refusal> refused;
    /// How it wants the initial response, if that was learned in the same login.
    std::optional<auth_form> form;
    /// The server has refused to bind before, and taken the same unbound.
    bool refuses_binding = false;
};

/// CAPA if need be, then the safest login that server and credentials share, as one exchange without I/O. Nothing is
/// sent behind a command before its reply. After a refusal there is no second try, but two that are no weaker, each at
/// most once: the other form of AUTH (see `initial_response`); and where the server refuses to bind to the channel at all,
/// before it has asked for anything or in the words of Cyrus SASL ("bad protocol"), SCRAM without (Cyrus announces
/// SCRAM-...-PLUS, and can do none that is current). Where it is known that this will happen it begins with that; not if
/// the binding is demanded.
template <class Credentials>
class login final : public any_exchange {
public:
    using result_type = void;

    login(Credentials credentials, login_options options, login_context context);

    /// Finds the first command: once, before the first `write`.
    std::error_code(check)() override;

    exchange_traits traits() const override;

    std::error_code write(command_line& line) override;

    next consume(std::string_view& input, const limits& bounds, std::error_code& ec) override;

    /// The server has said no, and nothing since: if the connection ends now, that was its answer.
    bool settles() const noexcept override;

    /// Goes on with what `next::compute` asked for.
    next compute(std::error_code& ec) override;

    reply<void> take();

    /// The command that it is about; empty if none was found.
    std::string_view current_verb() const noexcept;

    /// What the server said that it can do; nothing if it was not asked.
    const std::optional<capabilities>& known() const noexcept override
    {
        return context_.known;
    }

    /// How the server wants the initial response, by what was learned.
    auth_form form() const noexcept;

    /// The server has got the secret, or a proof of it: it may have judged that.
    bool shown() const noexcept;

    /// Whether the server refuses to bind, if this login has shown it. True: it did, and took the same unbound. False: it was
    /// said to, but to begin unbound did not help.
    std::optional<bool> refuses_binding() const noexcept override;

    /// The way in that was chosen (see `way_in::name`); empty if there was none.
    std::optional<std::string_view> chosen() const noexcept override;

private:
    using sasl_login = auth<sasl::any_mechanism>;

    /// Goes on with another exchange, which `which` points to then.
    template <class Step, class... Args>
    pop3::detail::boxed<any_exchange> begin_step(Step*& which, Args&&... args);

    void end_step() noexcept;

    capabilities server() const;

    std::error_code choose();

    /// Somebody wants this way in, or the binding, and no other.
    bool asked_for() const;

    /// What there is instead of a SCRAM that binds; null if nothing that is as good but for that.
    const way_in* unbound_scram() const;

    /// The way to try after a refusal to bind; null if it may have meant anything else.
    const way_in* without_binding();

    std::error_code begin(const way_in* way, std::optional<bool> binding_announced);

    auth_form first_form() const noexcept;

    Credentials credentials_;
    login_options options_;
    login_context context_;
    /// What goes on now: one of those below, which are null but for that.
    pop3::detail::boxed<any_exchange> step_;
    single<capa>* capa_ = nullptr;
    sasl_login* auth_ = nullptr;
    user_pass* user_pass_ = nullptr;
    single<apop>* apop_ = nullptr;
    const way_in* chosen_ = nullptr;
    bool judged_ = false;        // the server has said what it thinks of the last way in
    bool bound_first_ = false;   // and had refused to bind before
    bool unbound_first_ = false; // it was known to refuse
};

} // namespace pop3::command

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/command/login.ipp>
#endif
