// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/error.hpp>
#include <pop3/proxy/address.hpp>
#include <pop3/proxy/socks5_negotiation.hpp>
#include <pop3/secret.hpp>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::detail {

namespace socks5 {

inline constexpr char version = 5;
inline constexpr char login_version = 1;
inline constexpr unsigned without_login = 0;
inline constexpr unsigned with_password = 2;
inline constexpr unsigned no_method = 0xff;
inline constexpr std::size_t longest = 255; // its length is one octet

inline bool fits(std::string_view text) noexcept
{
    return !text.empty() && text.size() <= longest;
}

/// RFC 1928, section 6.
inline std::string reason(unsigned reply)
{
    constexpr const char* texts[] = {"succeeded",
                                     "general SOCKS server failure",
                                     "connection not allowed by ruleset",
                                     "network unreachable",
                                     "host unreachable",
                                     "connection refused",
                                     "TTL expired",
                                     "command not supported",
                                     "address type not supported"};
    return reply < std::size(texts) ? texts[reply] : "SOCKS reply " + std::to_string(reply);
}

} // namespace socks5

POP3_DECL bool socks5_negotiation::can_say(const proxy_address& with, const proxy_target& target) noexcept
{
    if (target.address.empty() && !socks5::fits(target.host))
        return false;
    const auto& login = with.login();
    return !login || (socks5::fits(login->name()) && socks5::fits(login->secret().expose()));
}

POP3_DECL socks5_negotiation::socks5_negotiation(const proxy_address& with, const proxy_target& target)
{
    if (const auto& address = target.address; address.empty()) {
        target_ = {3, static_cast<char>(target.host.size())};
        target_ += target.host;
    } else {
        target_ = static_cast<char>(address.size() == 4 ? 1 : 4);
        target_ += address;
    }
    target_ += static_cast<char>(target.port >> 8);
    target_ += static_cast<char>(target.port & 0xff);

    wiped_octets hello = {socks5::version, 1, socks5::without_login};
    if (with.login()) {
        hello = {socks5::version, 2, socks5::without_login, socks5::with_password};
        const std::string_view name = with.login()->name();
        const auto secret = with.login()->secret().expose();
        login_ = {socks5::login_version, static_cast<char>(name.size())};
        login_.insert(login_.end(), name.begin(), name.end());
        login_.push_back(static_cast<char>(secret.size()));
        login_.insert(login_.end(), secret.begin(), secret.end());
    }
    say(std::move(hello));
    expect(stage::method, 2);
}

POP3_DECL std::error_code socks5_negotiation::receive(std::string_view octets)
{
    if (octets.empty())
        return {};
    input_ += octets;
    // What speaks another protocol may wait for more than it has been told.
    if (input_[0] != (at_ == stage::login ? socks5::login_version : socks5::version) &&
        at_ < stage::address_type)
        return errc::proxy_malformed;
    return wanted() == 0 ? take() : std::error_code();
}

POP3_DECL std::error_code socks5_negotiation::take()
{
    const auto last = static_cast<unsigned char>(input_.back());
    switch (at_) {
    case stage::method:
        return choose(last);
    case stage::login:
        if (last != 0)
            return errc::proxy_authentication;
        request();
        return {};
    case stage::reply:
        if (last != 0) {
            said_ = socks5::reason(last);
            return errc::proxy_refused;
        }
        expect(stage::address_type,
               3); // one that is reserved, the type, and an octet that there is in any case
        return {};
    case stage::address_type:
        switch (input_[1]) {
        case 1:
            expect(stage::address, 4 - 1 + 2);
            return {};
        case 3:
            expect(stage::address, last + std::size_t(2));
            return {};
        case 4:
            expect(stage::address, 16 - 1 + 2);
            return {};
        default:
            return errc::proxy_malformed;
        }
    case stage::address:
        // It is the proxy's own, and of no interest.
        expect(stage::address, 0);
        return {};
    }
    return errc::proxy_malformed;
}

POP3_DECL std::error_code socks5_negotiation::choose(unsigned method)
{
    if (method == socks5::without_login) {
        request();
        return {};
    }
    if (method == socks5::with_password && !login_.empty()) {
        say(std::exchange(login_, {}));
        expect(stage::login, 2);
        return {};
    }
    return method == socks5::no_method ? errc::proxy_authentication : errc::proxy_malformed;
}

POP3_DECL void socks5_negotiation::request()
{
    wiped_octets octets = {socks5::version, 1, 0};
    octets.insert(octets.end(), target_.begin(), target_.end());
    say(std::move(octets));
    expect(stage::reply, 2);
}

POP3_DECL void socks5_negotiation::expect(stage next, std::size_t octets)
{
    at_ = next;
    needed_ = octets;
    input_.clear();
}

POP3_DECL boxed<negotiation> negotiate_socks5(const proxy_address& with, const proxy_target& target)
{
    if (!socks5_negotiation::can_say(with, target))
        return nullptr;
    return boxed<negotiation>(new socks5_negotiation(with, target));
}

} // namespace pop3::detail
