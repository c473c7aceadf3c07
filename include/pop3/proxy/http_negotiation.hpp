// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/proxy/address.hpp>
#include <pop3/proxy/negotiation.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3::detail {

/// CONNECT of HTTP (RFC 9110, section 9.3.6). A successful answer has no content, so its header's end is where the server's
/// octets begin.
class http_negotiation final : public negotiation {
public:
    /// Octets of what may come before the server's.
    static constexpr std::size_t most = 16384;

    static bool can_say(const proxy_address& with, const proxy_target& target) noexcept;

    http_negotiation(const proxy_address& with, const proxy_target& target);

    /// What is missing of CR LF CR LF: so many there must be, and what stands behind is not touched.
    std::size_t wanted() const noexcept override
    {
        return 4 - matched_;
    }

    POP3_DECL std::error_code receive(std::string_view octets) override;

private:
    std::error_code take(char c);
    bool is_status_line() const noexcept;
    std::error_code judge();

    std::string status_; // the first line
    std::size_t received_ = 0;
    std::size_t matched_ = 0;
    bool in_status_ = true;
};

} // namespace pop3::detail
