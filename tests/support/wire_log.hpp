// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/observer.hpp>
#include <pop3/secret.hpp>

#include <pop3/grammar/base64.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

/// What an observer was shown, as "C: " or "S: " and the line. Each line is looked at as it comes: whatever way in is
/// taken, nothing that makes a login may be in it.
class wire_log {
public:
    /// secrets: passwords and tokens that are used in the conversation.
    explicit wire_log(std::vector<std::string> secrets = {}) : secrets_(std::move(secrets))
    {
    }

    /// A function that holds a reference to this.
    pop3::observer observer()
    {
        return [this](pop3::direction from, std::string_view line) {
            lines_.push_back((from == pop3::direction::sent ? "C: " : "S: ") + std::string(line));
            INFO(lines_.back());
            CHECK(!shows_secret(line));
            CHECK((from == pop3::direction::sent ? may_be_sent(line) : may_be_received(line)));
        };
    }

    void clear()
    {
        lines_.clear();
    }

    const std::vector<std::string>& lines() const
    {
        return lines_;
    }

    std::ptrdiff_t count(std::string_view line) const
    {
        return std::count(lines_.begin(), lines_.end(), line);
    }

    /// Of the commands that log in, and STLS, in order.
    std::vector<std::string> logins() const
    {
        std::vector<std::string> found;
        for (const auto& line : lines_)
            for (const std::string_view verb : {"AUTH", "USER", "PASS", "APOP", "STLS"})
                if (line.starts_with("C: " + std::string(verb)))
                    found.push_back(line);
        return found;
    }

private:
    bool shows_secret(std::string_view line) const
    {
        for (const std::string_view secret : secrets_)
            if (line.find(secret) != line.npos || in_base64(line, secret))
                return true;
        return false;
    }

    /// Is a word of the line base64 of something with the secret in it?
    static bool in_base64(std::string_view line, std::string_view secret)
    {
        while (!line.empty()) {
            const auto end = std::min(line.find(' '), line.size());
            pop3::detail::wiped_octets octets;
            if (pop3::grammar::base64_decode(line.substr(0, end), octets) &&
                std::string_view(octets.data(), octets.size()).find(secret) != secret.npos)
                return true;
            line.remove_prefix(std::min(end + 1, line.size()));
        }
        return false;
    }

    /// All that these tests send, with every argument that may be shown. What stands for a secret is exactly "****".
    static bool may_be_sent(std::string_view line)
    {
        constexpr std::array<std::string_view, 7> whole = {"CAPA", "STLS", "STAT", "LIST",
                                                           "QUIT", "****", ""};
        if (std::find(whole.begin(), whole.end(), line) != whole.end() || line == "PASS ****")
            return true;
        const auto verb = line.substr(0, line.find(' '));
        const auto argument = line.substr(std::min(verb.size() + 1, line.size()));
        if (verb == "USER" || verb == "RETR" || verb == "DELE")
            return argument.find(' ') == argument.npos;
        const auto second = argument.substr(std::min(argument.find(' '), argument.size()));
        if (verb == "AUTH")
            return second.empty() || second == " ****";
        return verb == "APOP" && second == " ****";
    }

    /// Challenges are hidden whole: digests are made of them, and some servers repeat the name in them.
    static bool may_be_received(std::string_view line)
    {
        return !line.starts_with("+ ") || line == "+ ****" || line == "+ ";
    }

    std::vector<std::string> lines_;
    std::vector<std::string> secrets_;
};

} // namespace test
