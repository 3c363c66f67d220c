-- What pandoc's typst writer gets wrong.

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
end

-- Signs that mean something to typst, such as a dash before a number or at the start of a cell: text is text.
-- Sizes such as 32-64-128 stay on one line.
function Str(word)
  if word.text:find("^%p*%d+%-[%d%-]+%p*$") then
    return pandoc.RawInline("typst", "#box(" .. quoted(word.text) .. ");")
  end
  if word.text:find("[^%w]") then return pandoc.RawInline("typst", "#" .. quoted(word.text) .. ";") end
end

-- An image with its alternative text, which pandoc leaves out.
function Image(image)
  local about = image.attributes
  local said = "#picture(%s, alt: %s, width: %s)"
  return pandoc.RawInline("typst", said:format(quoted(image.src), quoted(about.said or ""), about.width or "100%"))
end

-- Names of symbols that are not, or no longer, typst's: the symbols themselves.
local SYMBOLS = {
  ["sect"] = "∩", ["sect.and"] = "⩄", ["sect.big"] = "⋂", ["sect.dot"] = "⩀", ["sect.double"] = "⋒",
  ["sect.sq"] = "⊓", ["sect.sq.big"] = "⨅", ["sect.sq.double"] = "⩎", ["integral.sect"] = "⨙",
  ["dot.circle"] = "⊙", ["dot.circle.big"] = "⨀", ["times.circle"] = "⊗", ["times.circle.big"] = "⨂",
  ["minus.circle"] = "⊖", ["dash.circle"] = "⊝", ["eq.circle"] = "⊜", ["div.circle"] = "⨸",
  ["plus.circle.arrow"] = "⟴", ["bar.v.circle"] = "⦶", ["parallel.circle"] = "⦷", ["backslash.circle"] = "⦸",
  ["perp.circle"] = "⦹", ["lt.circle"] = "⧀", ["gt.circle"] = "⧁",
  ["bracket.l.double"] = "⟦", ["bracket.r.double"] = "⟧", ["shell.l.double"] = "⟬", ["shell.r.double"] = "⟭",
  ["brace.l.double"] = "⦃", ["brace.r.double"] = "⦄", ["paren.l.double"] = "⦅", ["paren.r.double"] = "⦆",
  ["quote.angle.l.double"] = "«", ["quote.angle.r.double"] = "»",
  ["quote.angle.l.single"] = "‹", ["quote.angle.r.single"] = "›",
  ["angle.right.sq"] = "⦜", ["angle.spheric.top"] = "⦡", ["angle.oblique"] = "⦦",
  ["planck.reduce"] = "ħ", ["Kai"] = "Ϗ", ["kai"] = "ϗ",
}

function Math(formula)
  local text = pandoc.write(pandoc.Pandoc({pandoc.Plain({formula})}), "typst")
  text = text:gsub('([^"]*)("?[^"]*"?)', function(symbols, quoted) return symbols:gsub("%a[%a.]*", SYMBOLS) .. quoted end)
  return pandoc.RawInline("typst", text)
end

-- The classes of a page that header.typ has a function for.
local FUNCTIONS = {summary = true, byline = true, number = true}

-- Elements of a kind: one that has such a class is what the function of that name is given.
local function called(kind, raw)
  return function(element)
    for _, class in ipairs(element.classes) do
      if FUNCTIONS[class] then
        return {raw("typst", "#" .. class .. "["), kind(element.content), raw("typst", "]")}
      end
    end
  end
end

Div, Span = called(pandoc.Div, pandoc.RawBlock), called(pandoc.Span, pandoc.RawInline)

-- What only leads to what follows: a paragraph that is bold from end to end, or ends with a colon.
local function leads(block)
  local last = (block.t == "Para" or block.t == "Plain") and block.content[#block.content]
  return last and (#block.content == 1 and last.t == "Strong" or last.t == "RawInline" and last.text:find(':";$'))
end

-- A line that ends before a long name in code would be stretched.
local LONG = 40 -- letters
local function holds_long_code(block)
  local found = false
  if block.t == "Para" or block.t == "Plain" then
    pandoc.Inlines(block.content):walk({Code = function(code) found = found or #code.text > LONG end})
  end
  return found
end

local function within(name, block)
  return {pandoc.RawBlock("typst", "#" .. name .. "["), pandoc.Para(block.content), pandoc.RawBlock("typst", "]")}
end

-- The one stays with what follows, the other is not justified.
function Blocks(blocks)
  local made = pandoc.Blocks({})
  for _, block in ipairs(blocks) do
    if leads(block) then
      made:extend(within("lead", block))
    elseif holds_long_code(block) then
      made:extend(within("ragged", block))
    else
      made:insert(block)
    end
  end
  return made
end

-- Columns: in a table with more, numbers would keep their heads' width, and leave none for words.
local WIDE, WIDEST = 6, 9

local HEAD, SHORTEST = 12, 7 -- letters in a line of the head of a number

-- How long a word is; Str has put one with signs in it into quotes.
local function length(word)
  return utf8.len(word.t == "RawInline" and word.text:match('"(.*)"') or pandoc.utils.stringify(word))
end

-- The words of a head in lines of at most so many letters.
local function in_lines(words, most)
  local used = 0
  for number, word in ipairs(words) do
    local letters = length(word)
    if word.t == "Space" and words[number + 1] then
      letters = 1
      if used + 1 + length(words[number + 1]) > most then
        words[number], used, letters = pandoc.LineBreak(), 0, 0
      end
    end
    used = used + letters
  end
  return words
end

-- So the heads of numbers are broken into lines.
function Table(wide)
  if #wide.colspecs > WIDE then
    local most = #wide.colspecs > WIDEST and SHORTEST or HEAD
    for _, row in ipairs(wide.head.rows) do
      for _, cell in ipairs(row.cells) do
        if cell.alignment == "AlignRight" then
          cell.content = cell.content:walk({Inlines = function(words) return in_lines(words, most) end})
        end
      end
    end
  end
  return wide
end
