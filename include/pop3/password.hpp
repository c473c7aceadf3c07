// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/secret.hpp>

#include <string>
#include <string_view>

namespace pop3 {

/// Credentials: a mailbox name and its password.
class password {
public:
    password(std::string_view name, std::string_view secret) : name_(name), secret_(secret)
    {
    }

    const std::string& name() const noexcept
    {
        return name_;
    }

    const pop3::secret& secret() const noexcept
    {
        return secret_;
    }

private:
    std::string name_;
    pop3::secret secret_;
};

} // namespace pop3
