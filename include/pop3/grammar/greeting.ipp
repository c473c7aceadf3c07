// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/grammar/greeting.hpp>
#include <pop3/grammar/response_code.hpp>
#include <pop3/greeting.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace pop3::grammar {

POP3_DECL greeting parse_greeting(std::string_view text)
{
    const auto coded = split_response_code(text);
    return {std::string(coded.text), coded.code, std::string(coded.code_text),
            std::string(find_timestamp(text))};
}

} // namespace pop3::grammar
