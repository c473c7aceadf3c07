// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/server_options.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pop3::testing::detail {

struct message {
    std::string text;
    std::string unique_id;
};

struct maildrop {
    std::string password;
    std::string token;
    std::vector<message> messages;
    /// What came while a client has it open, who does not see them: they have no numbers in his session (RFC 1939,
    /// section 8).
    std::vector<message> arrived;
    std::size_t delivered = 0; ///< How many there ever were.
    bool locked = false;

    void add(std::string text, std::string unique_id = {});
    void unlock();
};

using maildrops = std::map<std::string, maildrop, std::less<>>;

maildrops make_maildrops(const std::vector<account>& accounts);

} // namespace pop3::testing::detail

#if !defined(POP3_TESTING_SEPARATE_COMPILATION)
#include <pop3/testing/maildrops.ipp>
#endif
