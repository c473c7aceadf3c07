# What Doxygen reads in place of a header or a page. One line stays one line, so that warnings name the right one.
# awk -f docs.awk FILE

BEGIN {
    page = ARGV[1] ~ /\.md$/
    name = ARGV[1]
    sub(/.*\//, "", name)
    folder = substr(ARGV[1], 1, length(ARGV[1]) - length(name))
    sub(/\.md$/, "", name)
    # What a concept asks of many classes is said once, there.
    if (ARGV[1] ~ /\/pop3\/command\//) {
        concept = "pop3::command_value"
        asked = "^ +(static constexpr [a-z_:]+ (verb|shape|way_in|reveals_secret|reads_entries) =|" \
            "using (result_type|permitted_in|on_ok|on_refusal) =|" \
            "(void|bool|flow|std::error_code) \\(?(write|check|is_sendable|wanted|read_status|read_line|read_octets|read_entries)\\)?\\()"
    } else if (ARGV[1] ~ /\/pop3\/sasl\//) {
        concept = "pop3::sasl::mechanism"
        asked = "^ +(static constexpr [a-z_:]+ (name|reveals_secret) =|" \
            "(void|bool|std::string|std::error_code) (begin|respond|computing|compute|finish|bind|details)\\()"
    } else if (ARGV[1] ~ /\/pop3\/mailbox\/seen_/) {
        concept = "pop3::seen_store"
        asked = "^ +(void|seen_index\\*) (open|append)\\("
    } else if (ARGV[1] ~ /\/pop3\/mailbox\//) {
        concept = "pop3::mail_delivery"
        asked = "^ +(void|std::vector<kept>) (begin|write|end|discard|commit|async_commit)\\("
    }
}

# ---- Pages

# A heading gets the anchor that GitHub gives it, with the name of the page in front: Doxygen's are of all pages.
function anchor(heading)
{
    heading = tolower(heading)
    gsub(/[^a-z0-9 _-]/, "", heading)
    gsub(/ /, "-", heading)
    return heading
}

function link_to_anchors(line, result, target)
{
    result = ""
    while (match(line, /\]\([^()]*#[^()]*\)/)) {
        target = substr(line, RSTART + 2, RLENGTH - 3)
        result = result substr(line, 1, RSTART + 1)
        line = substr(line, RSTART + RLENGTH)
        if (target ~ /^#/)
            target = "#" name "-" substr(target, 2)
        else if (target !~ /^[a-z]+:/) {
            sub(/^.*\//, "", target)
            sub(/\.md#/, "-", target)
            target = "#" target
        }
        result = result target ")"
    }
    return result line
}

function link_to_files(line, result)
{
    result = ""
    while (match(line, /\]\([^():#]*\.[ch]pp\)/)) {
        result = result substr(line, 1, RSTART + 1) "file://" folder substr(line, RSTART + 2, RLENGTH - 2)
        line = substr(line, RSTART + RLENGTH)
    }
    return result line
}

page && /^```/ {
    fenced = !fenced
}

page && !fenced && /^##+ / {
    heading = $0
    sub(/^#+ +/, "", heading)
    print $0 " {#" name "-" anchor(heading) "}"
    next
}

page {
    if (!fenced) {
        $0 = link_to_anchors($0)
        # A source file stays where it is.
        $0 = link_to_files($0)
    }
    # Doxygen 1.9 takes an @ for the begin of a command in code that goes over lines, and in all code of the main page.
    if (name == "README" || (!fenced && gsub(/`/, "`") % 2 == 1))
        gsub(/@/, "\\@")
    print
    next
}

# ---- Headers

/^namespace (pop3::)?detail \{$/ {
    in_detail = 1
}

/^} \/\/ namespace (pop3::)?detail$/ {
    in_detail = 0
}

/^private:$/ {
    in_private = 1
}

/^public:$/ || /^};$/ {
    in_private = 0
}

# Doxygen 1.9 says nothing of concepts and enumerators without a comment. So they get one, with an unknown command.
function blame()
{
    sub(/^ */, "&/** @has_no_comment */ ")
}

/^concept / && head != "" && !head_commented && !in_detail {
    blame()
}

/^ *enum class [^;]*\{$/ {
    in_enum = 1
    commented = 0
    shared = ""
    print
    next
}

in_enum && /^ *};$/ {
    in_enum = 0
}

in_enum && /^ *[a-z]/ && !/\/\/\/</ && !commented && !in_detail && !in_private {
    blame()
}

# Specialisations that tell the library, the standard library or Asio of a type are left out.
/^template </ {
    if (head != "")
        printf "%s ", head
    head = $0
    head_commented = commented
    commented = 0
    next
}

head != "" && /^inline constexpr bool [a-z_:]+<.*;$/ {
    print ""
    print ""
    head = ""
    next
}

head != "" {
    foreign = /^(struct|class) (std|asio)::/
    print (foreign ? "/** @cond */" : "") head
    head = ""
    if (foreign && /\{\};$/) {
        print $0 " /** @endcond */"
        foreign = 0
        next
    }
}

foreign && /^};$/ {
    print $0 " /** @endcond */"
    foreign = 0
    next
}

# What the compiler makes needs no comment, and friends are not for users.
/= default;$/ || /^ +friend [^(]*;$/ {
    print ""
    next
}

# What is protected, sessions share among themselves.
/^protected:$/ {
    print "private:"
    next
}

# The base classes of a reply have its members, and so leave detail.
name == "reply.hpp" && /^\/\/\/ What `reply` is,/ {
    of_reply = 1
    printf "} "
}

name == "reply.hpp" && of_reply && /^} \/\/ namespace detail$/ {
    $0 = ""
}

name == "reply.hpp" {
    gsub(/detail::reply_value/, "reply_value")
}

/^ *\/\/\// {
    text = $0
    sub(/^ *\/\/\/ ?/, "", text)
    said = commented ? said " " text : text
    commented = 1
    print
    next
}

# A comment is for the lines under it, up to an empty one.
!commented && /^ *[a-z].*;$/ && shared != "" {
    sub(/^ */, "&/** " shared " */ ")
}

concept != "" && !commented && $0 ~ asked && !/\/\*\*/ {
    sub(/^ +/, "&/** Asked of it by `" concept "`. */ ")
}

{
    if (commented)
        shared = said
    if (!/;$/)
        shared = ""
    commented = 0
    print
}
