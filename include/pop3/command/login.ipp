// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/login.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/error.hpp>
#include <pop3/response_code.hpp>
#include <pop3/sasl/cram_md5.hpp>
#include <pop3/sasl/login.hpp>
#include <pop3/sasl/oauthbearer.hpp>
#include <pop3/sasl/plain.hpp>
#include <pop3/sasl/scram.hpp>
#include <pop3/sasl/xoauth2.hpp>

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

template <class Credentials>
login<Credentials>::login(Credentials credentials, login_options options, login_context context)
    : credentials_(std::move(credentials)), options_(std::move(options)), context_(std::move(context))
{
    // Dovecot 2.4 dies of a type of binding that it does not have, and other logins with it: what is current there is
    // tried unasked, anything else only when asked for.
    context_.terms.can_bind =
        asked_for() ? !context_.binding.type.empty() : context_.binding.type == "tls-exporter";
    context_.terms.has_timestamp = !context_.timestamp.empty();
}

template <class Credentials>
std::error_code(login<Credentials>::check)()
{
    const auto wanted = wanted_way(options_);
    if (context_.known || wanted == "USER" || wanted == "+APOP")
        return choose();
    step_ = begin_step<single<capa>>(capa_, capa());
    return {};
}

template <class Credentials>
exchange_traits login<Credentials>::traits() const
{
    return {.hides_challenges = true};
}

template <class Credentials>
std::error_code login<Credentials>::write(command_line& line)
{
    return step_ ? step_->write(line) : std::error_code();
}

template <class Credentials>
next login<Credentials>::consume(std::string_view& input, const limits& bounds, std::error_code& ec)
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

template <class Credentials>
bool login<Credentials>::settles() const noexcept
{
    return context_.refused || (auth_ != nullptr && auth_->settles());
}

template <class Credentials>
next login<Credentials>::compute(std::error_code& ec)
{
    return auth_->compute(ec);
}

template <class Credentials>
reply<void> login<Credentials>::take()
{
    if (context_.refused)
        return std::move(*context_.refused);
    if (auth_ != nullptr)
        return auth_->take();
    if (user_pass_ != nullptr)
        return user_pass_->take();
    return apop_ != nullptr ? apop_->take() : reply<void>();
}

template <class Credentials>
std::string_view login<Credentials>::current_verb() const noexcept
{
    if (capa_ != nullptr)
        return capa::verb;
    if (apop_ != nullptr)
        return apop::verb;
    if (user_pass_ != nullptr)
        return user_pass_->current_verb();
    return auth_ != nullptr ? sasl_login::verb : std::string_view();
}

template <class Credentials>
auth_form login<Credentials>::form() const noexcept
{
    return auth_ != nullptr ? auth_->form() : first_form();
}

template <class Credentials>
bool login<Credentials>::shown() const noexcept
{
    return auth_ == nullptr || auth_->shown();
}

template <class Credentials>
std::optional<bool> login<Credentials>::refuses_binding() const noexcept
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

template <class Credentials>
std::optional<std::string_view> login<Credentials>::chosen() const noexcept
{
    return chosen_ == nullptr ? std::string_view() : chosen_->name;
}

template <class Credentials>
template <class Step, class... Args>
pop3::detail::boxed<any_exchange> login<Credentials>::begin_step(Step*& which, Args&&... args)
{
    Step* const step = new Step(std::forward<Args>(args)...);
    end_step();
    which = step;
    return pop3::detail::boxed<any_exchange>(step);
}

template <class Credentials>
void login<Credentials>::end_step() noexcept
{
    step_.reset();
    capa_ = nullptr;
    auth_ = nullptr;
    user_pass_ = nullptr;
    apop_ = nullptr;
}

template <class Credentials>
capabilities login<Credentials>::server() const
{
    return context_.known.value_or(capabilities());
}

template <class Credentials>
std::error_code login<Credentials>::choose()
{
    std::optional<bool> announced;
    if (context_.known)
        announced = announces_binding(*context_.known);
    const auto* way = choose_login(ways_of<Credentials>::ways, server(), context_.terms, options_);
    if (way != nullptr && way->binds && context_.refuses_binding && !asked_for()) {
        if (const auto* const unbound = unbound_scram()) {
            way = unbound;
            unbound_first_ = true;
        }
    }
    return begin(way, announced);
}

template <class Credentials>
bool login<Credentials>::asked_for() const
{
    return options_.require_channel_binding || !wanted_way(options_).empty();
}

template <class Credentials>
const way_in* login<Credentials>::unbound_scram() const
{
    auto terms = context_.terms;
    terms.can_bind = false;
    const auto* const way = choose_login(ways_of<Credentials>::ways, server(), terms, options_);
    return way != nullptr && way->name.starts_with("SCRAM-") ? way : nullptr;
}

template <class Credentials>
const way_in* login<Credentials>::without_binding()
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

template <class Credentials>
std::error_code login<Credentials>::begin(const way_in* way, std::optional<bool> binding_announced)
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
    auto m = make_mechanism(typename ways_of<Credentials>::mechanisms(), way->name, credentials_);
    m.bind(context_.binding, binding_announced);
    if (auth_ != nullptr)
        m.take_over(auth_->mechanism());
    step_ = begin_step<sasl_login>(auth_, std::move(m), first_form());
    return (step_->check)();
}

template <class Credentials>
auth_form login<Credentials>::first_form() const noexcept
{
    return context_.form.value_or(form_of(options_.initial_response));
}

} // namespace pop3::command
