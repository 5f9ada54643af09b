//! Sources of any length, like those that assistants write: routes with requests, queries and helpers.

use std::fmt::Write as _;

/// A module of about `lines` lines: one function after another.
pub fn module(lines: usize) -> String {
    let mut text = String::from(
        "import express from 'express'\nimport { PrismaClient } from '@prisma/client'\n\nconst prisma = new PrismaClient()\nconst app = express()\n\n",
    );
    let mut i = 0;
    while text.matches('\n').count() < lines {
        for _ in 0..20 {
            function(&mut text, i, "");
            i += 1;
        }
    }
    text
}

/// One function of about `lines` lines that registers routes.
pub fn one_function(lines: usize) -> String {
    let mut text = String::from(
        "import express from 'express'\nimport { PrismaClient } from '@prisma/client'\n\nexport function routes(app: express.Express, prisma: PrismaClient) {\n",
    );
    for i in 0..lines / 17 {
        function(&mut text, i, "  ");
    }
    text.push_str("}\n");
    text
}

fn function(text: &mut String, i: usize, indent: &str) {
    let lines = format!(
        r#"const total{i} = (items: Item[]) => items.reduce((sum, item) => sum + item.price * item.quantity, 0)

app.get('/orders/{i}/:id', async (req, res, next) => {{
  try {{
    const order = await prisma.order.findUnique({{ where: {{ id: req.params.id }}, include: {{ items: true }} }})
    if (!order) return res.status(404).json({{ error: 'no such order' }})
    const answer = await fetch(`https://rates.example.com/v{i}/${{order.currency}}`)
    const rate = answer.ok ? await answer.json() : {{ value: 1 }}
    for (const item of order.items) {{
      item.label = `${{item.name}} × ${{item.quantity}}`
    }}
    res.json({{ ...order, total: total{i}(order.items) * rate.value }})
  }} catch (error) {{
    next(error)
  }}
}})

"#
    );
    for line in lines.lines() {
        let _ = writeln!(text, "{}{line}", if line.is_empty() { "" } else { indent });
    }
}
