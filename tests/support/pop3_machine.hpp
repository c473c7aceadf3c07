// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

/// A POP3 server without I/O: it hears octets, and says octets. Its maildrop outlives sessions.
class pop3_machine {
public:
    struct message {
        std::string unique_id;
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

    std::vector<message> maildrop;
    pipelining ahead = pipelining::right;
    bool knows_uidl = true;
    /// QUIT leaves the deletions undone, and says so.
    bool cannot_delete = false;
    /// QUIT deletes, and says nothing.
    bool silent_quit = false;
    /// How often each message was deleted by QUIT, by unique-id.
    std::map<std::string, int> deleted;
    std::size_t retrieved = 0;

    /// A client comes.
    std::string greet()
    {
        heard_.clear();
        deleted_.assign(maildrop.size(), false);
        closed_ = false;
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
        std::vector<std::string> lines;
        for (auto end = heard_.find("\r\n"); end != std::string::npos; end = heard_.find("\r\n")) {
            lines.push_back(heard_.substr(0, end));
            heard_.erase(0, end + 2);
        }
        if (ahead == pipelining::first_of_all && lines.size() > 1)
            lines.resize(1);
        std::string said;
        for (const auto& line : lines) {
            if (closed_)
                break;
            const auto reply = answer(line);
            const bool is_inside = ahead == pipelining::inside && said.ends_with("\r\n.\r\n") &&
                                   line.starts_with("RETR") && last_.starts_with("RETR");
            if (is_inside) {
                const auto status = reply.find("\r\n") + 2;
                said.insert(said.size() - 3, reply.substr(0, status));
                said += reply.substr(status);
            } else {
                said += reply;
            }
            last_ = line;
        }
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
    std::string answer(const std::string& line)
    {
        const auto space = line.find(' ');
        const auto verb = line.substr(0, space);
        const auto argument = space == std::string::npos ? std::string() : line.substr(space + 1);
        if (verb == "CAPA")
            return std::string("+OK\r\nUSER\r\nTOP\r\nUIDL\r\n") +
                   (ahead == pipelining::none ? "" : "PIPELINING\r\n") + ".\r\n";
        if (verb == "USER" || verb == "PASS" || verb == "NOOP")
            return "+OK\r\n";
        if (verb == "UIDL" && !knows_uidl)
            return "-ERR what?\r\n";
        if (verb == "UIDL" || verb == "LIST") {
            std::string listing = "+OK\r\n";
            for (std::size_t i = 0; i != maildrop.size(); ++i) {
                const auto& m = maildrop[i];
                if (!deleted_[i])
                    listing +=
                        std::to_string(i + 1) + ' ' +
                        (verb == "UIDL" ? m.unique_id
                                        : std::to_string(m.listed_as ? m.listed_as : m.octets.size())) +
                        "\r\n";
            }
            return listing + ".\r\n";
        }
        if (verb == "RETR" || verb == "TOP" || verb == "DELE") {
            const auto number = static_cast<std::size_t>(std::stoul(argument));
            if (number == 0 || number > maildrop.size() || deleted_[number - 1])
                return "-ERR no such message\r\n";
            auto& m = maildrop[number - 1];
            if (verb == "DELE") {
                deleted_[number - 1] = true;
                return "+OK\r\n";
            }
            if (verb == "RETR" && m.refusals > 0) {
                --m.refusals;
                return "-ERR it is broken\r\n";
            }
            ++retrieved;
            const auto end = verb == "TOP" ? m.octets.find("\r\n\r\n") : std::string::npos;
            return "+OK\r\n" + stuffed(m.octets.substr(0, end == std::string::npos ? end : end + 4)) +
                   ".\r\n";
        }
        if (verb == "RSET") {
            deleted_.assign(maildrop.size(), false);
            return "+OK\r\n";
        }
        if (verb == "QUIT") {
            closed_ = true;
            if (cannot_delete)
                return "-ERR some messages not removed\r\n";
            for (std::size_t i = maildrop.size(); i-- != 0;)
                if (deleted_[i]) {
                    ++deleted[maildrop[i].unique_id];
                    maildrop.erase(maildrop.begin() + static_cast<std::ptrdiff_t>(i));
                }
            return silent_quit ? "" : "+OK bye\r\n";
        }
        return "-ERR what?\r\n";
    }

    std::string heard_;
    std::string last_;
    std::vector<bool> deleted_;
    bool closed_ = true;
};

} // namespace test
