// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/line_buffer.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/argument.hpp>
#include <pop3/message_number.hpp>
#include <pop3/secret.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

/// Commands as values: how each is written, and what its reply is read into. Sent by `async_execute` and `async_pipeline`.
namespace pop3::command {

/// Writes the lines of commands, checks their arguments, and keeps a second text of the last one, without secrets, to be
/// shown to an observer. A command writes itself on it:
///
///     void write(command_line& line) const { line.verb("RETR").argument(number_); }
class command_line {
public:
    /// The most octets of a command, CRLF included (RFC 2449, section 4).
    static constexpr std::size_t max_octets = 255;

    command_line()
    {
        octets_.set_capacity(max_octets);
    }

    /// Says whether there is an observer to show the line to.
    void show(bool observed) noexcept
    {
        observed_ = observed;
    }

    /// Whether there is: if not, nothing is kept to be shown.
    bool observed() const noexcept
    {
        return observed_;
    }

    /// The keyword.
    command_line& verb(std::string_view keyword)
    {
        return append(keyword, keyword);
    }

    /// A space, and `text`: what is empty or has a control is refused.
    command_line& argument(std::string_view text)
    {
        separate();
        return append(text, text);
    }

    /// A message number; one that is not `valid` is refused.
    command_line& argument(message_number number)
    {
        return number.valid() ? this->number(number.value()) : argument(std::string_view());
    }

    /// A number in decimal.
    command_line& number(std::uint64_t n)
    {
        constexpr std::size_t most = 1 + 20;
        const auto text = octets_.prepare(most);
        *text = ' ';
        const std::string_view written(text, std::to_chars(text + 1, text + most, n).ptr);
        octets_.commit(written.size());
        show_text(written);
        return *this;
    }

    /// A space, and a secret, which an observer sees as `****`.
    command_line& argument(const secret& hidden)
    {
        return hidden_argument(hidden.expose());
    }

    /// The same of a text that is no `secret`.
    command_line& hidden_argument(std::string_view text)
    {
        separate();
        has_secret_ = true;
        return append(text, "****");
    }

    /// A SASL response in base64, which is the whole line and may be empty. An observer sees `****`. It is as long as
    /// the mechanism makes it (RFC 5034, section 4).
    command_line& response(std::string_view base64)
    {
        has_secret_ = true;
        bounded_ = false;
        return base64.empty() ? *this : append(base64, "****");
    }

    /// Ends the line. What is wrong with it, if anything; then it must not be sent.
    std::error_code end()
    {
        octets_.append("\r\n");
        if (!error_ && bounded_ && octets_.size() - begin_ > max_octets)
            error_ = errc::command_too_long;
        ended_ = true;
        bounded_ = true;
        if (!error_)
            begin_ = octets_.size();
        return error_;
    }

    /// Takes back the line that just ended with an error.
    void drop_line() noexcept
    {
        octets_.wipe(begin_);
        shown_.clear();
        error_ = {};
    }

    /// The octets to send: of one line, or of several.
    const line_buffer& octets() const noexcept
    {
        return octets_;
    }

    /// The last line as an observer may see it, without its CRLF.
    const std::string& shown() const noexcept
    {
        return shown_;
    }

    /// Makes room for the next line; wipes what was secret.
    void clear() noexcept
    {
        if (has_secret_)
            octets_.wipe(0);
        else
            octets_.cut(0);
        shown_.clear();
        error_ = {};
        has_secret_ = false;
        bounded_ = true;
        ended_ = false;
        begin_ = 0;
    }

    /// Gives back the memory that many lines have taken.
    void rest()
    {
        if (octets_.capacity() <= max_octets || !octets_.empty())
            return;
        octets_.set_capacity(max_octets);
    }

private:
    void separate()
    {
        octets_.append(" ");
        show_text(" ");
    }

    void show_text(std::string_view text)
    {
        if (!observed_)
            return;
        if (std::exchange(ended_, false))
            shown_.clear();
        shown_ += text;
    }

    command_line& append(std::string_view text, std::string_view shown)
    {
        if (!grammar::is_argument(text))
            error_ = errc::invalid_argument;
        octets_.append(text);
        show_text(shown);
        return *this;
    }

    line_buffer octets_;
    std::string shown_;
    std::error_code error_;
    std::size_t begin_ = 0;
    bool has_secret_ = false;
    bool bounded_ = true;
    bool observed_ = true;
    bool ended_ = false; // the next text is of another line
};

} // namespace pop3::command
