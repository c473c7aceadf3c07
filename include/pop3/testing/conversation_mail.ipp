// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// What a test server does in TRANSACTION, and how it sends mail.

#include <pop3/testing/conversation.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3::testing::detail {

POP3_TESTING_DECL std::optional<std::uint64_t> to_number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || stop != text.data() + text.size())
        return std::nullopt;
    return value;
}

POP3_TESTING_DECL void conversation::stat(std::string_view)
{
    std::size_t count = 0;
    std::size_t octets = 0;
    for (std::size_t i = 0; i < deleted_.size(); ++i) {
        count += deleted_[i] ? 0 : 1;
        octets += deleted_[i] ? 0 : drop_->messages[i].text.size();
    }
    ok(std::to_string(count) + ' ' + std::to_string(octets));
}

POP3_TESTING_DECL void conversation::list(std::string_view argument)
{
    listing(argument, [](const message& m) { return std::to_string(m.text.size()); });
}

POP3_TESTING_DECL void conversation::uidl(std::string_view argument)
{
    listing(argument, [](const message& m) { return m.unique_id; });
}

POP3_TESTING_DECL void conversation::retr(std::string_view argument)
{
    if (const auto index = find_message(argument)) {
        const std::string& text = drop_->messages[*index].text;
        ok(std::to_string(text.size()) + " octets");
        start_body(text);
        last_ = std::max(last_, *index + 1);
    }
}

POP3_TESTING_DECL void conversation::top(std::string_view argument)
{
    const auto [number, count] = split(argument);
    const auto lines = to_number(count);
    if (!lines)
        return error("TOP takes a message-number and a number of lines");
    if (const auto index = find_message(number)) {
        ok("top of message follows");
        start_body(first_lines(drop_->messages[*index].text, *lines));
    }
}

POP3_TESTING_DECL void conversation::dele(std::string_view argument)
{
    if (const auto index = find_message(argument)) {
        deleted_[*index] = true;
        last_ = std::max(last_, *index + 1);
        ok("message deleted");
    }
}

POP3_TESTING_DECL void conversation::rset(std::string_view)
{
    deleted_.assign(deleted_.size(), false);
    last_ = 0; // RFC 1460. (In RFC 1225 it went back to what it was when the session began.)
    ok("nothing is deleted");
}

POP3_TESTING_DECL void conversation::last(std::string_view)
{
    ok(std::to_string(last_));
}

POP3_TESTING_DECL void conversation::noop(std::string_view)
{
    ok("nothing done");
}

POP3_TESTING_DECL std::optional<std::size_t> conversation::find_message(std::string_view number)
{
    const auto value = to_number(number);
    if (!value || *value == 0 || *value > deleted_.size() || deleted_[*value - 1]) {
        error("no such message");
        return std::nullopt;
    }
    return *value - 1;
}

POP3_TESTING_DECL void conversation::listing(std::string_view argument,
                                             std::string (*describe)(const message&))
{
    const auto entry = [&](std::size_t index) {
        return std::to_string(index + 1) + ' ' + describe(drop_->messages[index]);
    };
    if (!argument.empty()) {
        if (const auto index = find_message(argument))
            ok(entry(*index));
        return;
    }
    ok("listing follows");
    for (std::size_t i = 0; i < deleted_.size(); ++i)
        if (!deleted_[i])
            line(entry(i));
    line(".");
}

POP3_TESTING_DECL std::string_view conversation::first_lines(std::string_view text, std::uint64_t count)
{
    const auto after = [text](std::string_view what, std::size_t from) {
        const auto found = text.find(what, from);
        return found == text.npos ? text.size() : found + what.size();
    };
    std::size_t end = after("\r\n\r\n", 0);
    for (; count > 0 && end < text.size(); --count)
        end = after("\r\n", end);
    return text.substr(0, end);
}

POP3_TESTING_DECL void conversation::start_body(std::string_view text)
{
    body_ = text;
    body_copied_ = 0;
}

POP3_TESTING_DECL void conversation::copy_piece(std::size_t room)
{
    if (body_copied_ == body_->size()) {
        body_.reset();
        if (dot_ == dot::at_once)
            return line(".");
        dot_ = dot::held;
        return;
    }
    std::string_view piece = body_->substr(body_copied_, room);
    if (const auto end = piece.find('\n'); end != piece.npos)
        piece = piece.substr(0, end + 1);
    const bool starts_line = body_copied_ == 0 || body_->substr(0, body_copied_).ends_with("\r\n");
    if (starts_line && piece.front() == '.')
        output += '.'; // Or the client would take the line for the end.
    output += piece;
    body_copied_ += piece.size();
}

} // namespace pop3::testing::detail
