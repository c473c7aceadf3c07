// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/conversation.hpp>
#include <pop3/testing/upper_case.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::testing::detail {

POP3_TESTING_DECL conversation::conversation(maildrops& drops, const server_options& settings)
    : drops_(drops), settings_(settings), secure_(settings.tls)
{
    std::random_device random;
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    timestamp_ = '<' + std::to_string(random()) + '.' + std::to_string(now) + "@localhost>";
    // A timestamp is how a server says that it takes APOP.
    ok(enabled("APOP") ? "POP3 test server ready " + timestamp_ : "POP3 test server ready");
}

POP3_TESTING_DECL void conversation::command(std::string_view line)
{
    if (sasl_)
        return respond(line);
    const auto [word, argument] = split(line);
    const std::string keyword = upper_case(word);
    const auto* found =
        std::find_if(verbs.begin(), verbs.end(), [&](const verb& v) { return v.keyword == keyword; });
    if (found == verbs.end() || !enabled(keyword))
        error("unknown command");
    else if ((found->states & state_) == 0)
        error("not in this state");
    else if (found->takes == nothing && !argument.empty())
        error("this command has no argument");
    else if (found->takes == something && argument.empty())
        error("an argument is missing");
    else
        (this->*found->run)(argument);
    if (keyword != "USER")
        user_.reset(); // PASS may only come right behind USER.
}

POP3_TESTING_DECL void conversation::line_too_long()
{
    error("line too long");
    state_ = over;
}

POP3_TESTING_DECL bool conversation::fill(std::size_t limit)
{
    while (body_ && output.size() < limit)
        copy_piece(limit - output.size());
    return output.size() < limit;
}

POP3_TESTING_DECL void conversation::release_maildrop()
{
    drop_.reset();
}

POP3_TESTING_DECL bool conversation::is_over() const
{
    return state_ == over;
}

POP3_TESTING_DECL bool conversation::wants_tls() const
{
    return wants_tls_;
}

POP3_TESTING_DECL void conversation::hold_dot()
{
    if (body_)
        dot_ = dot::to_be_held;
}

POP3_TESTING_DECL void conversation::start_tls()
{
    wants_tls_ = false;
    secure_ = true;
}

POP3_TESTING_DECL void conversation::capa(std::string_view)
{
    ok("capabilities follow");
    for (const char* keyword : {"TOP", "UIDL", "USER"})
        if (enabled(keyword))
            line(keyword);
    std::string mechanisms;
    for (const sasl_mechanism& m : sasl_mechanisms())
        if (enabled(m))
            mechanisms.append(" ").append(m.name);
    if (enabled("AUTH") && !mechanisms.empty())
        line("SASL" + mechanisms);
    if (enabled("STLS") && !secure_)
        line("STLS");
    if (enabled("UTF8"))
        line("UTF8 USER");
    if (enabled("LANG"))
        line("LANG");
    line("RESP-CODES");
    line("AUTH-RESP-CODE");
    if (settings_.pipelining != pipelining::unannounced)
        line("PIPELINING");
    line("IMPLEMENTATION pop3-test-server");
    line(".");
}

POP3_TESTING_DECL void conversation::lang(std::string_view range)
{
    if (range.empty()) {
        ok("language listing follows");
        line("en English");
        line(".");
    } else if (range == "*" || upper_case(range) == "EN")
        ok("en is what is spoken here");
    else
        error("no such language");
}

POP3_TESTING_DECL void conversation::quit(std::string_view)
{
    if (state_ == transaction) {
        std::size_t index = 0;
        std::erase_if(drop_->messages, [&](const message&) { return deleted_[index++]; });
        release_maildrop(); // Before the reply, so that the client can come back at once.
    }
    state_ = over;
    ok("bye");
}

POP3_TESTING_DECL void conversation::user(std::string_view name)
{
    user_ = name;
    ok("send the password"); // Whether there is such an account is not for strangers to know.
}

POP3_TESTING_DECL void conversation::pass(std::string_view password)
{
    if (!user_)
        return error("USER must come first");
    const auto found = drops_.find(*user_);
    log_in(found, found != drops_.end() && found->second.password == password);
}

POP3_TESTING_DECL void conversation::auth(std::string_view argument)
{
    const auto [name, initial] = split(argument);
    const auto mechanism =
        std::find_if(sasl_mechanisms().begin(), sasl_mechanisms().end(),
                     [upper = upper_case(name)](const auto& m) { return m.name == upper; });
    if (mechanism == sasl_mechanisms().end() || !enabled(*mechanism))
        return error("unknown mechanism");
    const bool by_token = mechanism->by_token;
    sasl_ = mechanism->start([this, by_token](std::string_view user) -> std::optional<std::string> {
        const auto found = drops_.find(user);
        if (found == drops_.end())
            return std::nullopt;
        return by_token ? found->second.token : found->second.password;
    });
    if (!mechanism->client_first)
        answer(""); // With its first challenge.
    else if (initial.empty())
        line("+ "); // The client speaks first, but not in this line.
    else
        respond(initial == "=" ? "" : initial);
}

POP3_TESTING_DECL void conversation::respond(std::string_view text)
{
    const auto response = from_base64(text);
    if (response)
        return answer(*response);
    sasl_ = nullptr;
    error(text == "*" ? "cancelled" : "this is no base64");
}

POP3_TESTING_DECL void conversation::answer(const std::string& response)
{
    const sasl_step step = sasl_(response);
    if (step.challenge)
        return line("+ " + to_base64(*step.challenge));
    sasl_ = nullptr;
    log_in(drops_.find(step.name.value_or("")), step.name.has_value());
}

POP3_TESTING_DECL void conversation::stls(std::string_view)
{
    if (secure_)
        return error("there is TLS already");
    wants_tls_ = true;
    ok("begin with TLS now");
}

POP3_TESTING_DECL void conversation::utf8(std::string_view)
{
    ok("UTF-8 is welcome");
}

POP3_TESTING_DECL void conversation::apop(std::string_view argument)
{
    const auto [name, sent] = split(argument);
    const auto found = drops_.find(name);
    log_in(found,
           found != drops_.end() && to_hex(digest(EVP_md5(), timestamp_ + found->second.password)) == sent);
}

POP3_TESTING_DECL void conversation::log_in(maildrops::iterator found, bool authentic)
{
    if (!authentic)
        return error("[AUTH] wrong name or password");
    if (found->second.locked)
        return error("[IN-USE] the maildrop is open in another session");
    drop_.reset(&found->second);
    drop_->locked = true;
    deleted_.assign(drop_->messages.size(), false);
    state_ = transaction;
    ok("maildrop locked and ready");
}

POP3_TESTING_DECL bool conversation::enabled(const sasl_mechanism& m) const
{
    const auto has_token = [](const auto& named) {
        return !named.second.token.empty();
    };
    return enabled(m.name) && (!m.by_token || std::any_of(drops_.begin(), drops_.end(), has_token));
}

POP3_TESTING_DECL bool conversation::enabled(std::string_view keyword) const
{
    const auto& disabled = settings_.disabled;
    return std::find(disabled.begin(), disabled.end(), keyword) == disabled.end();
}

POP3_TESTING_DECL std::pair<std::string_view, std::string_view> conversation::split(std::string_view text)
{
    const auto space = std::min(text.find(' '), text.size());
    return {text.substr(0, space), text.substr(std::min(space + 1, text.size()))};
}

POP3_TESTING_DECL void conversation::line(std::string_view text)
{
    output.append(text).append("\r\n");
    if (dot_ == dot::held) {
        dot_ = dot::at_once;
        output += ".\r\n";
    }
}

POP3_TESTING_DECL void conversation::ok(const std::string& text)
{
    line("+OK " + text);
}

POP3_TESTING_DECL void conversation::error(const std::string& text)
{
    line("-ERR " + text);
}

POP3_TESTING_DECL const std::array<conversation::verb, 18> conversation::verbs{{
    {"CAPA", any_state, nothing, &conversation::capa},
    {"LANG", any_state, anything, &conversation::lang},
    {"QUIT", any_state, nothing, &conversation::quit},
    {"USER", authorization, something, &conversation::user},
    {"PASS", authorization, anything, &conversation::pass},
    {"APOP", authorization, something, &conversation::apop},
    {"AUTH", authorization, something, &conversation::auth},
    {"STLS", authorization, nothing, &conversation::stls},
    {"UTF8", authorization, nothing, &conversation::utf8},
    {"STAT", transaction, nothing, &conversation::stat},
    {"LIST", transaction, anything, &conversation::list},
    {"UIDL", transaction, anything, &conversation::uidl},
    {"RETR", transaction, something, &conversation::retr},
    {"TOP", transaction, something, &conversation::top},
    {"DELE", transaction, something, &conversation::dele},
    {"RSET", transaction, nothing, &conversation::rset},
    {"LAST", transaction, nothing, &conversation::last},
    {"NOOP", transaction, nothing, &conversation::noop},
}};

} // namespace pop3::testing::detail
