// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/maildrops.hpp>
#include <pop3/testing/server_options.hpp>
#include <pop3/testing/server_sasl.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pop3::testing::detail {

/// One client's session without its connection: command lines go in, the octets to send come out.
class conversation {
public:
    // Begins with the greeting in `output`.
    conversation(maildrops& drops, const server_options& settings);

    // `line` comes without its line end.
    void command(std::string_view line);
    void line_too_long();

    // Copies what fits of the message under way into output. False: send that first, then call again.
    bool fill(std::size_t limit);

    // Deletes nothing: only QUIT does.
    void release_maildrop();

    bool is_over() const;

    // The dot that ends the message under way goes behind the next status line. (`pipelining::interleaves`.)
    void hold_dot();

    // STLS was accepted: whoever has the connection shall do the handshake now, and then call `start_tls`.
    bool wants_tls() const;

    void start_tls();

    // For the caller to send and to clear.
    std::string output;

private:
    enum state : unsigned { authorization = 1, transaction = 2, any_state = 3, over = 4 };
    enum arguments { nothing, something, anything };

    struct verb {
        std::string_view keyword;
        unsigned states;
        arguments takes;
        void (conversation::*run)(std::string_view argument);
    };

    static const std::array<verb, 18> verbs;

    struct unlock {
        void operator()(maildrop* drop) const
        {
            drop->unlock();
        }
    };

    // Any state

    void capa(std::string_view);
    void lang(std::string_view range);
    void quit(std::string_view);

    // AUTHORIZATION

    void user(std::string_view name);
    void pass(std::string_view password);
    void auth(std::string_view argument);

    // Takes a line of a client that is in the midst of AUTH.
    void respond(std::string_view text);
    void answer(const std::string& response);

    void stls(std::string_view);

    // There is nothing to switch: names, passwords and messages are whatever octets they are.
    void utf8(std::string_view);
    void apop(std::string_view argument);
    void log_in(maildrops::iterator found, bool authentic);

    // TRANSACTION

    void stat(std::string_view);
    void list(std::string_view argument);
    void uidl(std::string_view argument);
    void retr(std::string_view argument);
    void top(std::string_view argument);
    void dele(std::string_view argument);
    void rset(std::string_view);
    void last(std::string_view);
    void noop(std::string_view);

    // What they have in common

    bool enabled(std::string_view keyword) const;

    bool enabled(const sasl_mechanism& m) const;

    static std::pair<std::string_view, std::string_view> split(std::string_view text);

    void line(std::string_view text);
    void ok(const std::string& text);

    void error(const std::string& text);

    // The index of the message with this number. Where there is none, the reply that says so is written here.
    std::optional<std::size_t> find_message(std::string_view number);

    void listing(std::string_view argument, std::string (*describe)(const message&));

    // The header, the empty line and so many lines of the body.
    static std::string_view first_lines(std::string_view text, std::uint64_t count);

    void start_body(std::string_view text);

    // A line, or what there is room for of a long one, or the line that ends the reply.
    void copy_piece(std::size_t room);

    maildrops& drops_;
    const server_options& settings_;
    std::string timestamp_;
    unsigned state_ = authorization;
    bool secure_;
    bool wants_tls_ = false;
    std::optional<std::string> user_;
    sasl_login sasl_;                        // An AUTH that is under way.
    std::unique_ptr<maildrop, unlock> drop_; // Whoever holds it has the maildrop to himself.
    std::vector<bool> deleted_;
    std::size_t last_ = 0;
    std::optional<std::string_view> body_; // Of a message in the maildrop, which the lock keeps as it is.
    std::size_t body_copied_ = 0;
    enum class dot { at_once, to_be_held, held } dot_ = dot::at_once;
};

} // namespace pop3::testing::detail

#if !defined(POP3_TESTING_SEPARATE_COMPILATION)
#include <pop3/testing/conversation.ipp>
#include <pop3/testing/conversation_mail.ipp>
#endif
