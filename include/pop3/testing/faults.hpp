// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/fault.hpp>

#include <string_view>
#include <utility>
#include <vector>

namespace pop3::testing::detail {

/// The faults of a server, and how often each has happened.
class faults {
public:
    explicit faults(std::vector<fault> all) : all_(std::move(all))
    {
    }

    void add(fault f)
    {
        all_.push_back(std::move(f));
    }

    /// What to do with `line`. Counts.
    reaction take(std::string_view line);

private:
    std::vector<fault> all_;
};

} // namespace pop3::testing::detail

#if !defined(POP3_TESTING_SEPARATE_COMPILATION)
#include <pop3/testing/faults.ipp>
#endif
