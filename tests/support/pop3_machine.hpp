// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// A POP3 server without I/O: it hears octets, and says octets. Its maildrop outlives sessions; between them a test may change it,
/// as another client would.
class pop3_machine {
public:
    struct message {
        std::string unique_id;       // as it is said: also if that is blank, or no unique-id at all
        std::string octets;          // its lines end in CRLF
        std::uint64_t listed_as = 0; // if that is not its size
        int refusals = 0;            // so many RETRs of it are refused
    };

    enum class pipelining {
        none,         ///< It does not announce it.
        right,        ///< It can do it.
        inside,       ///< WildDuck 1.46: the next status line stands inside the message, before its dot.
        first_of_all, ///< It answers the first of what came at once, and forgets the rest.
    };

    static constexpr std::size_t no_end = static_cast<std::size_t>(-1);

    std::vector<message> maildrop;
    pipelining ahead = pipelining::right;
    bool knows_uidl = true;
    /// QUIT leaves the deletions undone, and says so.
    bool cannot_delete = false;
    /// QUIT carries out so many deletions, and says that some are left.
    std::size_t deletes_at_most = no_end;
    /// QUIT deletes, and says nothing.
    bool silent_quit = false;
    /// It hangs up instead of answering the command with this number, from 0, of a session.
    std::size_t hangs_up_at = no_end;
    /// How often each message was deleted by QUIT, by unique-id.
    std::map<std::string, int> deleted;
    /// How often messages were given, whole or in part.
    std::size_t retrieved = 0;
    std::size_t noops = 0;
    /// Is called when a message is marked for deletion.
    std::function<void(const message&)> on_dele;

    /// A client comes.
    std::string greet()
    {
        heard_.clear();
        last_.clear();
        commands_ = 0;
        deleted_.assign(maildrop.size(), false);
        closed_ = logged_in_ = has_user_ = false;
        return "+OK ready\r\n";
    }

    bool closed() const
    {
        return closed_;
    }

    /// What it says to what it hears.
    std::string hear(std::string_view octets)
    {
        heard_ += octets;
        std::string said;
        std::size_t begin = 0;
        for (auto end = heard_.find("\r\n"); end != std::string::npos && !closed_;
             end = heard_.find("\r\n", begin)) {
            if (begin == 0 || ahead != pipelining::first_of_all)
                reply(heard_.substr(begin, end - begin), said);
            begin = end + 2;
        }
        heard_.erase(0, begin);
        return said;
    }

    /// As it goes over the wire, without the dot at the end.
    static std::string stuffed(std::string_view octets)
    {
        std::string out;
        bool begins = true;
        for (const char c : octets) {
            if (begins && c == '.')
                out += '.';
            out += c;
            begins = c == '\n';
        }
        return out;
    }

private:
    /// A command: its verb, and up to two numbers.
    struct command {
        explicit command(std::string_view line) : verb(line.substr(0, line.find(' ')))
        {
            line.remove_prefix(verb.size());
            if (!line.empty())
                take(line, first);
            if (!line.empty())
                take(line, second);
        }

        static void take(std::string_view& line, std::optional<std::size_t>& number)
        {
            std::size_t value = 0;
            const auto [end, ec] = std::from_chars(line.data() + 1, line.data() + line.size(), value);
            line = ec == std::errc() ? line.substr(static_cast<std::size_t>(end - line.data())) : "";
            if (ec == std::errc())
                number = value;
        }

        std::string_view verb;
        std::optional<std::size_t> first;
        std::optional<std::size_t> second;
    };

    void reply(const std::string& line, std::string& said)
    {
        if (commands_++ == hangs_up_at) {
            closed_ = true;
            return;
        }
        const auto text = answer(command(line));
        const bool is_inside = ahead == pipelining::inside && said.ends_with("\r\n.\r\n") &&
                               line.starts_with("RETR") && last_.starts_with("RETR");
        const auto status = is_inside ? text.find("\r\n") + 2 : 0;
        if (is_inside)
            said.insert(said.size() - 3, text.substr(0, status));
        said += text.substr(status);
        last_ = line;
    }

    std::string answer(const command& c)
    {
        if (c.verb == "CAPA")
            return std::string("+OK\r\nUSER\r\nTOP\r\n") + (knows_uidl ? "UIDL\r\n" : "") +
                   (ahead == pipelining::none ? "" : "PIPELINING\r\n") + ".\r\n";
        if (c.verb == "QUIT")
            return quit();
        return logged_in_ ? answer_transaction(c) : log_in(c);
    }

    std::string log_in(const command& c)
    {
        logged_in_ = c.verb == "PASS" && has_user_;
        has_user_ = c.verb == "USER";
        return logged_in_ || has_user_ ? "+OK\r\n" : "-ERR log in first\r\n";
    }

    std::string answer_transaction(const command& c)
    {
        if (c.verb == "UIDL" && knows_uidl)
            return list(c, &pop3_machine::unique_id);
        if (c.verb == "LIST")
            return list(c, &pop3_machine::size);
        if (c.verb == "RETR" || c.verb == "TOP")
            return give(c);
        if (c.verb == "DELE") {
            if (!is_there(c.first))
                return no_such_message;
            deleted_[*c.first - 1] = true;
            if (on_dele)
                on_dele(maildrop[*c.first - 1]);
            return "+OK\r\n";
        }
        if (c.verb == "STAT")
            return stat();
        if (c.verb == "RSET")
            deleted_.assign(maildrop.size(), false);
        if (c.verb == "NOOP")
            ++noops;
        return c.verb == "RSET" || c.verb == "NOOP" ? "+OK\r\n" : "-ERR what?\r\n";
    }

    bool is_there(std::optional<std::size_t> number) const
    {
        return number && *number != 0 && *number <= maildrop.size() && !deleted_[*number - 1];
    }

    static std::string unique_id(const message& m)
    {
        return m.unique_id;
    }

    static std::string size(const message& m)
    {
        return std::to_string(m.listed_as != 0 ? m.listed_as : m.octets.size());
    }

    std::string list(const command& c, std::string (*what)(const message&)) const
    {
        if (c.first)
            return is_there(c.first)
                       ? "+OK " + std::to_string(*c.first) + ' ' + what(maildrop[*c.first - 1]) + "\r\n"
                       : no_such_message;
        std::string listing = "+OK\r\n";
        for (std::size_t i = 0; i != maildrop.size(); ++i)
            if (!deleted_[i])
                listing += std::to_string(i + 1) + ' ' + what(maildrop[i]) + "\r\n";
        return listing + ".\r\n";
    }

    std::string stat() const
    {
        std::size_t count = 0;
        std::size_t octets = 0;
        for (std::size_t i = 0; i != maildrop.size(); ++i)
            if (!deleted_[i]) {
                ++count;
                octets += maildrop[i].octets.size();
            }
        return "+OK " + std::to_string(count) + ' ' + std::to_string(octets) + "\r\n";
    }

    std::string give(const command& c)
    {
        if (!is_there(c.first))
            return no_such_message;
        auto& m = maildrop[*c.first - 1];
        if (c.verb == "RETR" && m.refusals > 0) {
            --m.refusals;
            return "-ERR it is broken\r\n";
        }
        ++retrieved;
        const auto octets =
            c.verb == "RETR" ? std::string_view(m.octets) : top(m.octets, c.second.value_or(0));
        return "+OK\r\n" + stuffed(octets) + ".\r\n";
    }

    /// The header, the line behind it, and so many lines.
    static std::string_view top(std::string_view octets, std::size_t lines)
    {
        auto end = octets.find("\r\n\r\n");
        if (end == std::string_view::npos)
            return octets;
        for (end += 4; lines != 0 && end != octets.size(); --lines)
            end = octets.find("\r\n", end) + 2;
        return octets.substr(0, end);
    }

    std::string quit()
    {
        closed_ = true;
        if (!logged_in_)
            return "+OK bye\r\n";
        auto may_delete = cannot_delete ? 0 : deletes_at_most;
        std::vector<message> left;
        bool all = true;
        for (std::size_t i = 0; i != maildrop.size(); ++i) {
            if (deleted_[i] && may_delete != 0) {
                --may_delete;
                ++deleted[maildrop[i].unique_id];
                continue;
            }
            all = all && !deleted_[i];
            left.push_back(maildrop[i]);
        }
        maildrop = left;
        if (silent_quit)
            return {};
        return all ? "+OK bye\r\n" : "-ERR some messages not removed\r\n";
    }

    static constexpr const char* no_such_message = "-ERR no such message\r\n";

    std::string heard_;
    std::string last_;
    std::vector<bool> deleted_;
    std::size_t commands_ = 0;
    bool closed_ = true;
    bool logged_in_ = false;
    bool has_user_ = false;
};

} // namespace test
