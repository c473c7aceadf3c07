// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/certificate_error.hpp>
#include <pop3/config.hpp>

#include <openssl/x509_vfy.h>

#include <string>
#include <system_error>

namespace pop3 {

namespace detail {

class certificate_error_category final : public std::error_category {
public:
    const char* name() const noexcept override
    {
        return "pop3.certificate";
    }

    std::string message(int value) const override
    {
        return std::string("the server's certificate was rejected: ") + reason(value);
    }

private:
    static const char* reason(int value)
    {
        switch (static_cast<certificate_errc>(value)) {
        case certificate_errc::not_pinned:
            return "it is none of the pinned ones, and has none of the pinned public keys";
        case certificate_errc::rejected_by_callback:
            return "the verify callback refused it";
        }
        return X509_verify_cert_error_string(value);
    }
};

} // namespace detail

POP3_DECL const std::error_category& certificate_category() noexcept
{
    static const detail::certificate_error_category instance;
    return instance;
}

} // namespace pop3
