-- What pandoc's typst writer gets wrong.

-- Signs that mean something to typst, such as a dash before a number or at the start of a cell: text is text.
function Str(word)
  if word.text:find("[^%w]") then
    return pandoc.RawInline("typst", '#"' .. word.text:gsub('[\\"]', "\\%0") .. '";')
  end
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
