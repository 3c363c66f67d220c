-- What pandoc's typst writer gets wrong.

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
end

-- Signs that mean something to typst, such as a dash before a number or at the start of a cell: text is text.
function Str(word)
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
