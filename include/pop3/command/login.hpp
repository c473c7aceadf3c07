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
#include <pop3/command/exchange.hpp>
#include <pop3/command/login_choice.hpp>
#include <pop3/command/single.hpp>
#include <pop3/command/user_pass.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/login_options.hpp>
#include <pop3/password.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>
#include <pop3/response_code.hpp>
#include <pop3/sasl/any_mechanism.hpp>
#include <pop3/sasl/channel_binding.hpp>
#include <pop3/sasl/cram_md5.hpp>
#include <pop3/sasl/login.hpp>
#include <pop3/sasl/oauthbearer.hpp>
#include <pop3/sasl/plain.hpp>
#include <pop3/sasl/scram.hpp>
#include <pop3/sasl/xoauth2.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace pop3::command {

template <class... Mechanism>
struct mechanism_list {};

/// What credentials of a kind can do.
template <class Credentials>
struct ways_of;

template <>
struct ways_of<password> {
    using mechanisms = mechanism_list<sasl::scram_sha_512_plus, sasl::scram_sha_256_plus,
                                      sasl::scram_sha_1_plus, sasl::scram_sha_512, sasl::scram_sha_256,
                                      sasl::scram_sha_1, sasl::cram_md5, sasl::plain, sasl::login>;
    static constexpr std::span<const way_in> ways = password_ways;
};

template <>
struct ways_of<access_token> {
    using mechanisms = mechanism_list<sasl::oauthbearer, sasl::xoauth2>;
    static constexpr std::span<const way_in> ways = token_ways;
};

/// The mechanism called `name`, which must be one of them.
template <class Credentials, class... M>
sasl::any_mechanism make_mechanism(mechanism_list<M...>, std::string_view name,
                                   const Credentials& credentials)
{
    std::optional<sasl::any_mechanism> made;
    (void)((name == M::name && (made.emplace(M(credentials)), true)) || ...);
    return *std::move(made);
}

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

    login(Credentials credentials, login_options options, login_context context)
        : credentials_(std::move(credentials)), options_(std::move(options)), context_(std::move(context))
    {
        // Dovecot 2.4 dies of a type of binding that it does not have, and other logins with it: what is current there is
        // tried unasked, anything else only when asked for.
        context_.terms.can_bind =
            asked_for() ? !context_.binding.type.empty() : context_.binding.type == "tls-exporter";
        context_.terms.has_timestamp = !context_.timestamp.empty();
    }

    /// Finds the first command: once, before the first `write`.
    std::error_code(check)() override
    {
        const auto wanted = wanted_way(options_);
        if (context_.known || wanted == "USER" || wanted == "+APOP")
            return choose();
        step_ = begin_step<single<capa>>(capa_, capa());
        return {};
    }

    exchange_traits traits() const override
    {
        return {.hides_challenges = true};
    }

    std::error_code write(command_line& line) override
    {
        return step_ ? step_->write(line) : std::error_code();
    }

    next consume(std::string_view& input, const limits& bounds, std::error_code& ec) override
    {
        const auto octets = input.size();
        const auto wants = step_->consume(input, bounds, ec);
        if (input.size() != octets)
            context_.refused.reset(); // the server has said something since
        if (wants != next::done || ec)
            return wants;
        if (capa_ != nullptr) {
            // One that refuses to say is as old as RFC 1939, and can do nothing that must be announced.
            auto said = capa_->take();
            context_.known = said.value_or(capabilities());
            // A bare -ERR says only that it does not know CAPA.
            if (!said && said.error().code() != response_code::none)
                context_.refused = std::move(said).error();
            ec = choose();
            return ec ? next::done : next::write;
        }
        if (const auto* const way = without_binding()) {
            // To a server that has announced that it can bind, "I thought that you cannot" would look like an attack.
            context_.refused = auth_->refused_with();
            context_.form = auth_->form();
            bound_first_ = true;
            ec = begin(way, true);
            return ec ? next::done : next::write;
        }
        judged_ = true;
        return next::done;
    }

    /// The server has said no, and nothing since: if the connection ends now, that was its answer.
    bool settles() const noexcept override
    {
        return context_.refused || (auth_ != nullptr && auth_->settles());
    }

    /// Goes on with what `next::compute` asked for.
    next compute(std::error_code& ec) override
    {
        return auth_->compute(ec);
    }

    reply<void> take()
    {
        if (context_.refused)
            return std::move(*context_.refused);
        if (auth_ != nullptr)
            return auth_->take();
        if (user_pass_ != nullptr)
            return user_pass_->take();
        return apop_ != nullptr ? apop_->take() : reply<void>();
    }

    /// The command that it is about; empty if none was found.
    std::string_view current_verb() const noexcept
    {
        if (capa_ != nullptr)
            return capa::verb;
        if (apop_ != nullptr)
            return apop::verb;
        if (user_pass_ != nullptr)
            return user_pass_->current_verb();
        return auth_ != nullptr ? sasl_login::verb : std::string_view();
    }

    /// What the server said that it can do; nothing if it was not asked.
    const std::optional<capabilities>& known() const noexcept override
    {
        return context_.known;
    }

    /// How the server wants the initial response, by what was learned.
    auth_form form() const noexcept
    {
        return auth_ != nullptr ? auth_->form() : first_form();
    }

    /// The server has got the secret, or a proof of it: it may have judged that.
    bool shown() const noexcept
    {
        return auth_ == nullptr || auth_->shown();
    }

    /// Whether the server refuses to bind, if this login has shown it. True: it did, and took the same unbound. False: it was
    /// said to, but to begin unbound did not help.
    std::optional<bool> refuses_binding() const noexcept override
    {
        if (auth_ == nullptr || !judged_)
            return {};
        if (!auth_->refused_with())
            return bound_first_ ? std::optional(true) : std::nullopt;
        const auto advice = auth_->refused_with()->advice();
        if (unbound_first_ && advice != retry_advice::wait && advice != retry_advice::give_up)
            return false;
        return {};
    }

    /// The way in that was chosen (see `way_in::name`); empty if there was none.
    std::optional<std::string_view> chosen() const noexcept override
    {
        return chosen_ == nullptr ? std::string_view() : chosen_->name;
    }

private:
    using ways = ways_of<Credentials>;
    using sasl_login = auth<sasl::any_mechanism>;

    /// Goes on with another exchange, which `which` points to then.
    template <class Step, class... Args>
    std::unique_ptr<any_exchange> begin_step(Step*& which, Args&&... args)
    {
        auto step = std::make_unique<Step>(std::forward<Args>(args)...);
        end_step();
        which = step.get();
        return step;
    }

    void end_step() noexcept
    {
        step_.reset();
        capa_ = nullptr;
        auth_ = nullptr;
        user_pass_ = nullptr;
        apop_ = nullptr;
    }

    capabilities server() const
    {
        return context_.known.value_or(capabilities());
    }

    std::error_code choose()
    {
        std::optional<bool> announced;
        if (context_.known)
            announced = announces_binding(*context_.known);
        const auto* way = choose_login(ways::ways, server(), context_.terms, options_);
        if (way != nullptr && way->binds && context_.refuses_binding && !asked_for()) {
            if (const auto* const unbound = unbound_scram()) {
                way = unbound;
                unbound_first_ = true;
            }
        }
        return begin(way, announced);
    }

    /// Somebody wants this way in, or the binding, and no other.
    bool asked_for() const
    {
        return options_.require_channel_binding || !wanted_way(options_).empty();
    }

    /// What there is instead of a SCRAM that binds; null if nothing that is as good but for that.
    const way_in* unbound_scram() const
    {
        auto terms = context_.terms;
        terms.can_bind = false;
        const auto* const way = choose_login(ways::ways, server(), terms, options_);
        return way != nullptr && way->name.starts_with("SCRAM-") ? way : nullptr;
    }

    /// The way to try after a refusal to bind; null if it may have meant anything else.
    const way_in* without_binding()
    {
        if (!chosen_->binds || auth_ == nullptr || !auth_->refused_with() || asked_for())
            return nullptr;
        // Cyrus looks at the binding only when the proof has come, but before it. Of a wrong password it says something else.
        const bool by_cyrus = auth_->refused_with()->text().find("bad protocol") != std::string::npos;
        const auto advice = auth_->refused_with()->advice();
        if (!by_cyrus && (auth_->challenged() || advice == retry_advice::ask_for_credentials))
            return nullptr;
        if (advice == retry_advice::wait || advice == retry_advice::give_up)
            return nullptr;
        return unbound_scram();
    }

    std::error_code begin(const way_in* way, std::optional<bool> binding_announced)
    {
        if (way == nullptr) {
            end_step();
            return errc::no_shared_mechanism;
        }
        chosen_ = way;
        if constexpr (std::is_same_v<Credentials, password>) {
            if (way->name == "USER") {
                step_ = begin_step<user_pass>(user_pass_, credentials_);
                return (step_->check)();
            }
            if (way->name == "+APOP") {
                step_ = begin_step<single<apop>>(
                    apop_, apop(credentials_.name(), credentials_.secret(), context_.timestamp));
                return (step_->check)();
            }
        }
        auto m = make_mechanism(typename ways::mechanisms(), way->name, credentials_);
        m.bind(context_.binding, binding_announced);
        if (auth_ != nullptr)
            m.take_over(auth_->mechanism());
        step_ = begin_step<sasl_login>(auth_, std::move(m), first_form());
        return (step_->check)();
    }

    auth_form first_form() const noexcept
    {
        return context_.form.value_or(form_of(options_.initial_response));
    }

    Credentials credentials_;
    login_options options_;
    login_context context_;
    /// What goes on now: one of those below, which are null but for that.
    std::unique_ptr<any_exchange> step_;
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
