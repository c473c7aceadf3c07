// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/proxy/address.hpp>
#include <pop3/proxy/negotiation.hpp>
#include <pop3/secret.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3::detail {

/// SOCKS version 5 (RFC 1928), with a name and a password (RFC 1929) if the proxy wants them.
class socks5_negotiation final : public negotiation {
public:
    static bool can_say(const proxy_address& with, const proxy_target& target) noexcept;

    socks5_negotiation(const proxy_address& with, const proxy_target& target);

    std::size_t wanted() const noexcept override
    {
        return needed_ - input_.size();
    }

    POP3_DECL std::error_code receive(std::string_view octets) override;

private:
    enum class stage { method, login, reply, address_type, address };

    std::error_code take();
    std::error_code choose(unsigned method);
    void request();
    void expect(stage next, std::size_t octets);

    wiped_octets login_; // what is said if the proxy asks for it
    std::string target_; // type, address and port
    std::string input_;  // of what is needed
    std::size_t needed_ = 0;
    stage at_ = stage::method;
};

} // namespace pop3::detail
