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
    /// Both are copied; the copy of the password is wiped.
    password(std::string_view name, std::string_view secret) : name_(name), secret_(secret)
    {
    }

    /// The mailbox name, as the server knows it.
    const std::string& name() const noexcept
    {
        return name_;
    }

    /// The password. It has no `operator<<`, so that it gets into no log by accident.
    const pop3::secret& secret() const noexcept
    {
        return secret_;
    }

private:
    std::string name_;
    pop3::secret secret_;
};

} // namespace pop3
